"""Migrations of the database, by alembic. Apart from `db` so that programs that only check need not carry them."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig

from appliance.db import MIGRATIONS


def alembic_config(url: str, migrations: Path = MIGRATIONS) -> AlembicConfig:
    """What alembic needs to know; `url` may name the asynchronous driver."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("sqlalchemy.url", synchronous(url).replace("%", "%%"))
    return config


def synchronous(url: str) -> str:
    return url.replace("sqlite+aiosqlite:", "sqlite:")


def upgrade(url: str, to: str = "head", migrations: Path = MIGRATIONS) -> None:
    """Bring the schema to this program's version, or to an older one."""
    command.upgrade(alembic_config(url, migrations), to)
