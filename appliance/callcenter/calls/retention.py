"""Recordings whose time is over are deleted: the row stays as a tombstone, the file goes from every box.

In a pair `replica` takes the file from the other box, also when that is away for long, and counts both; see `copies`.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.calls.recordings import CUT, TAILS
from appliance.callcenter.calls.tables import RecordingRow
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.settings import store as settings_store
from appliance.clock import Millis
from appliance.db import Sessions

log = logging.getLogger(__name__)

LOOK_SECONDS = 600.0
BATCH = 200
DAY_MS = 86_400_000
OURSELVES = Author(None, "retention")


class Retention:
    """A part of the recordings program. `alone`: whether no other box has copies."""

    name = "retention"

    def __init__(self, sessions: Sessions, folder: Path, alone: Callable[[], bool]) -> None:
        self._sessions = sessions
        self._folder = folder
        self._alone = alone

    async def open(self) -> None:
        """Nothing to open."""

    async def run(self) -> None:
        while True:
            try:
                more = True
                while more:
                    more = await self.round()
            except (SQLAlchemyError, OSError) as error:
                log.warning("old recordings are not deleted now: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """Nothing to close."""

    async def round(self) -> bool:
        """Delete some; whether there may be more."""
        async with self._sessions() as session, session.begin():
            days = (await settings_store.load(session)).keep_recordings_days
            buried = await bury(session, clock.now_ms() - days * DAY_MS) if days else {}
            gone = buried | await _left(session)
        for key, file in gone.items():
            await asyncio.to_thread(self._remove, key, file)
        alone = await asyncio.to_thread(self._alone)
        if gone and alone:
            async with self._sessions() as session, session.begin():
                await session.execute(update(RecordingRow).where(RecordingRow.id.in_(gone)).values(copies=0))
        return len(buried) == BATCH

    def _remove(self, key: str, file: str) -> None:
        (self._folder / TAILS / f"{key}.raw").unlink(missing_ok=True)
        for path in (self._folder / file, (self._folder / file).with_suffix(CUT)) if file else ():
            path.unlink(missing_ok=True)


async def _left(session: AsyncSession) -> dict[str, str]:
    """Tombstones whose files may still be here: the power may have failed in between."""
    query = select(RecordingRow.id, RecordingRow.file)
    query = query.where(RecordingRow.status == "deleted", RecordingRow.copies > 0).limit(BATCH)
    return {row.id: row.file for row in await session.execute(query)}


async def bury(session: AsyncSession, before: Millis) -> dict[str, str]:
    """Turn some that began before then into tombstones; their files by id. Any box may have each of them."""
    old = (RecordingRow.status.in_(("ready", "damaged", "missing")), RecordingRow.started_at < before)
    query = select(RecordingRow.id, RecordingRow.file).where(*old).order_by(RecordingRow.started_at).limit(BATCH)
    found = {row.id: row.file for row in await session.execute(query)}
    if found:
        values = {"status": "deleted", "copies": 2, "peaks": ""}
        await session.execute(update(RecordingRow).where(RecordingRow.id.in_(found)).values(**values))
        audit.note(session, OURSELVES, "delete", "recording", "", f"{len(found)}: {', '.join(found)}")
    return found
