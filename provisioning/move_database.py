"""Copies a box's data from SQLite to PostgreSQL: `python -m provisioning.move_database FROM TO`, as the programs' user.

Everything in one transaction: what was copied is counted, or nothing was. The old file is only read. To be used while
the programs are stopped.
"""

import sys
import time
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Table, func, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from appliance import db, schema
from appliance.callcenter import tables

AT_ONCE = 1000
NOT_OURS = frozenset({"alembic_version", "sqlite_sequence"})


class MoveError(Exception):
    """Nothing was moved; the message says which table and why."""


def move(source: Engine, target: Engine) -> dict[str, int]:
    """Rows of each table. What an earlier, broken attempt left in `target` is replaced. Raises MoveError."""
    known = tables.Base.metadata.sorted_tables
    with source.connect() as old, target.begin() as new:
        unknown = set(inspect(old).get_table_names()) - {table.name for table in known} - NOT_OURS
        if unknown:
            raise MoveError(f"unknown tables: {', '.join(sorted(unknown))}")
        names = ", ".join(f'"{table.name}"' for table in known)
        new.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        return {table.name: _copy(old, new, table) for table in known}


def _copy(old: Connection, new: Connection, table: Table) -> int:
    try:
        rows = old.execution_options(yield_per=AT_ONCE).execute(select(table))
        for part in rows.mappings().partitions(AT_ONCE):
            new.execute(insert(table), [dict(row) for row in part])
        _count_on(new, table)
        counts = [one.scalar(select(func.count()).select_from(table)) or 0 for one in (old, new)]
    except SQLAlchemyError as error:
        raise MoveError(f"{table.name}: {str(error).splitlines()[0]}") from error
    if counts[0] != counts[1]:
        raise MoveError(f"{table.name}: {counts[0]} rows, {counts[1]} arrived")
    return counts[0]


def _count_on(new: Connection, table: Table) -> None:
    """The next row gets the number after the highest."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = new.scalar(select(func.pg_get_serial_sequence(f'"{table.name}"', column.name)))
    highest = new.scalar(select(func.max(column)))
    if sequence is not None and highest is not None:
        new.execute(select(func.setval(sequence, highest)))


def main(words: Sequence[str]) -> int:
    source, target = words
    started = time.monotonic()
    try:
        schema.upgrade(target)
        counts = move(db.open_plain_engine(source), db.open_plain_engine(target))
    except (MoveError, SQLAlchemyError) as error:
        sys.stderr.write(f"{str(error).splitlines()[0]}\n")
        return 1
    seconds = time.monotonic() - started
    sys.stdout.write(f"{sum(counts.values())} rows, {len(counts)} tables, {seconds:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
