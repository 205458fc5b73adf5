"""Migrations of the database, by alembic. Apart from `db` so that programs that only check need not carry them."""

from alembic import command
from alembic.config import Config as AlembicConfig

from appliance.db import MIGRATIONS


def alembic_config(url: str) -> AlembicConfig:
    """What alembic needs to know; `url` may name the asynchronous driver."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", synchronous(url).replace("%", "%%"))
    return config


def synchronous(url: str) -> str:
    return url.replace("sqlite+aiosqlite:", "sqlite:")


def upgrade(url: str) -> None:
    """Bring the schema to this program's version."""
    command.upgrade(alembic_config(url), "head")
