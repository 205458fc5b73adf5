"""When call control and Asterisk were last seen alive, kept with the calls: what came after was silence.

One statement every few seconds while there are calls; the box that takes over has nothing else to go by.
"""

import asyncio
from functools import partial

from sqlalchemy import Connection, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.live.tables import LiveCallRow

SECONDS = 3.0


async def watch(floor: Floor) -> None:
    while True:
        await asyncio.sleep(SECONDS)
        if floor.calls and floor.ari.connected:
            floor.journal.store(partial(_note, clock.now_ms()))


def _note(now: clock.Millis, connection: Connection) -> None:
    connection.execute(update(LiveCallRow).values(updated_at=now))


async def load(session: AsyncSession, floor: Floor) -> None:
    """What the box said last that had these calls."""
    floor.seen_at = await session.scalar(select(func.max(LiveCallRow.updated_at))) or 0
