"""The database: SQLite on a single box, PostgreSQL by setting. Services own transactions, stores own queries."""

import re
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Integer, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from appliance import clock

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_SECONDS = 10

Key = BigInteger().with_variant(Integer, "sqlite")
"""Type of surrogate keys: 64 bit; SQLite numbers only INTEGER columns by itself."""

NEVER_REUSE_IDS = {"sqlite_autoincrement": True}
"""`__table_args__` of tables whose ids stand in the audit log: SQLite gives the id of a deleted last row again."""

_REVISION = re.compile(r'^revision(?:: str)? = "(\w+)"', re.MULTILINE)
_REVISED = re.compile(r'^down_revision(?:: [^=]+)? = "(\w+)"', re.MULTILINE)

type Sessions = async_sessionmaker[AsyncSession]


class Base(DeclarativeBase):
    """Times are integers: milliseconds since 1970 UTC (`clock.Millis`), the same on every engine."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {int: BigInteger}  # noqa: RUF012 - SQLAlchemy reads a plain class attribute


class SchemaError(Exception):
    """The database is older or newer than the program; the message says which and what to run."""


def new_id() -> str:
    """A time-ordered unique id: 9 characters of time (ms, base 36) and 7 random ones."""
    return _base36(clock.now_ms(), 9) + _base36(secrets.randbelow(36**7), 7)


def _base36(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def open_engine(url: str) -> AsyncEngine:
    """An engine for `url`; connections survive a restart of the server (they are tested before use)."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=10, pool_timeout=10)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    event.listen(engine.sync_engine, "connect", _configure_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def open_plain_engine(url: str) -> Engine:
    """The same database without asyncio, for work that has a thread of its own."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=2)
    plain = create_engine(url.replace("+aiosqlite", ""), connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    event.listen(plain, "connect", _configure_sqlite)
    return plain


def sessions(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False)


def newest_schema(migrations: Path = MIGRATIONS) -> str:
    """The revision this program needs: the one that no other revises. Numbers may be out of order."""
    texts = [file.read_text(encoding="utf-8") for file in (migrations / "versions").glob("[0-9]*_*.py")]
    made: set[str] = {name for text in texts for name in _REVISION.findall(text)}
    revised = {name for text in texts for name in _REVISED.findall(text)}
    (newest,) = made - revised
    return newest


async def check_schema(engine: AsyncEngine) -> None:
    """Raise SchemaError unless the database has exactly this program's schema."""
    needed = newest_schema()
    async with engine.connect() as connection:
        current = await connection.run_sync(_revision)
    if current != needed:
        raise SchemaError(f"database schema is {current or 'empty'}, this program needs {needed}: run 'hcc db upgrade'")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
