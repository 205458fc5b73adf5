"""Before anything uses the database: its schema, then Asterisk's configuration from it.

A box that takes over has the right schema already, and people wait: one process, which loads no more than it needs.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from appliance import db
from appliance.callcenter.control.pbx_plan import PbxPlanner
from appliance.config import Config
from appliance.programs import runner

UPGRADE = (sys.executable, "-P", "-m", "provisioning.upgrade")
UPGRADE_SECONDS = 280


async def _is_current(engine: AsyncEngine) -> bool:
    try:
        await db.check_schema(engine)
    except db.SchemaError:
        return False
    return True


async def prepare(config: Config) -> None:
    engine = db.open_engine(config.database.url)
    if not await _is_current(engine):
        await engine.dispose()
        await asyncio.to_thread(subprocess.run, UPGRADE, check=True, timeout=UPGRADE_SECONDS)
        await db.check_schema(engine)
    async with db.sessions(engine)() as session:
        await PbxPlanner(Path(config.paths.pbx)).write(session)
    await engine.dispose()


if __name__ == "__main__":
    runner.main("prepare", prepare)
