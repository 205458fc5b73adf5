"""The migrations: one line without branches, and in the end exactly the tables the program uses."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Integer, create_engine

from appliance import db, schema
from appliance.callcenter.tables import Base


def _differs(_context: object, _column: object, _meta: object, stored: object, wanted: object) -> bool:
    """SQLite has one kind of whole number; everything else must be the same."""
    if isinstance(stored, Integer) and isinstance(wanted, Integer):
        return False
    return str(stored) != str(wanted)


def test_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hcc.db"
    schema.upgrade(url)
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _differs})
        assert context.get_current_revision() == db.newest_schema()
        differences = compare_metadata(context, Base.metadata)
    assert differences == []
