"""Before anything uses the database: its schema, then Asterisk's configuration and registrations from it.

A box that takes over has the right schema already, and people wait: one process, which loads no more than it needs.
"""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from appliance import clock, db
from appliance.callcenter.control.pbx_plan import PbxPlanner
from appliance.callcenter.live import registrations
from appliance.config import Config
from appliance.pbx import contacts
from appliance.pbx.contacts import Contact
from appliance.programs import runner

UPGRADE = (sys.executable, "-P", "-m", "provisioning.upgrade")
UPGRADE_SECONDS = 280


async def _is_current(engine: AsyncEngine) -> bool:
    try:
        await db.check_schema(engine)
    except db.SchemaError:
        return False
    return True


def _put_back(folder: Path, known: list[Contact]) -> None:
    """Telephones ring where they registered, also when that was at the other box."""
    try:
        count = contacts.put_back(folder, known, clock.now_ms())
    except (OSError, sqlite3.Error) as error:
        sys.stderr.write(f"<4>registrations are not put back: {error}\n")
    else:
        sys.stderr.write(f"<6>{count} registrations\n")


async def prepare(config: Config) -> None:
    engine = db.open_engine(config.database.url)
    if not await _is_current(engine):
        await engine.dispose()
        await asyncio.to_thread(subprocess.run, UPGRADE, check=True, timeout=UPGRADE_SECONDS)
        await db.check_schema(engine)
    async with db.sessions(engine)() as session:
        await PbxPlanner(Path(config.paths.pbx)).write(session)
        if not contacts.asterisk_runs(config.pbx.console):
            _put_back(Path(config.paths.pbx_database), await registrations.load(session))
    await engine.dispose()


if __name__ == "__main__":
    runner.main("prepare", prepare)
