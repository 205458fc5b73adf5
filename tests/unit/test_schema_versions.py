"""Which schema a program needs, and that it starts on no other: on databases made by the real migrations."""

import shutil
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from appliance import db, schema


def migration(folder: Path, name: str, revises: str | None) -> None:
    """A migration that makes a table of its own."""
    text = f"""import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {f'"{revises}"' if revises else None}


def upgrade() -> None:
    op.create_table("made_by_{name}", sa.Column("id", sa.Integer, primary_key=True))
"""
    (folder / "versions" / f"{name}_some.py").write_text(text)


def database(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/hcc.db"


def revision_of(url: str) -> str | None:
    with create_engine(schema.synchronous(url)).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


async def check(url: str) -> None:
    engine = db.open_engine(url)
    try:
        await db.check_schema(engine)
    finally:
        await engine.dispose()


def test_newest_schema_is_where_an_upgrade_arrives_whatever_its_number(tmp_path: Path) -> None:
    """As when migrations of several branches have met."""
    (tmp_path / "versions").mkdir()
    shutil.copy(db.MIGRATIONS / "env.py", tmp_path)
    migration(tmp_path, "0001", None)
    migration(tmp_path, "0008", "0001")
    migration(tmp_path, "0005", "0008")
    schema.upgrade(database(tmp_path), migrations=tmp_path)
    assert db.newest_schema(tmp_path) == "0005"
    assert revision_of(database(tmp_path)) == "0005"


async def test_a_program_starts_on_the_schema_it_needs(tmp_path: Path) -> None:
    schema.upgrade(database(tmp_path))
    assert revision_of(database(tmp_path)) == db.newest_schema()
    await check(database(tmp_path))


async def test_a_program_does_not_start_on_an_older_schema(tmp_path: Path) -> None:
    schema.upgrade(database(tmp_path), to="0003")
    with pytest.raises(db.SchemaError, match=f"0003, this program needs {db.newest_schema()}: run 'hcc db upgrade'"):
        await check(database(tmp_path))


async def test_a_program_does_not_start_on_an_empty_database(tmp_path: Path) -> None:
    with pytest.raises(db.SchemaError, match="schema is empty"):
        await check(database(tmp_path))
