"""Finished recordings: both sides joined to stereo, filed by day, with hash and wave form.

Asterisk writes what the customer says and hears into two files of the spool. When the call is over a pending row says
which; this part joins them. A crash in between loses nothing: the row stays pending, the spool files stay.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.calls.tables import RecordingRow
from appliance.callcenter.prompts.audio import DamagedSoundError, join_stereo, wav_peaks
from appliance.db import Sessions

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
QUIET_MS = 700
"""A spool file that did not grow for so long is complete."""
GIVE_UP_MS = 120_000
BATCH = 20
PEAKS = 400


@dataclass(frozen=True, slots=True)
class Joined:
    """What the row of a filed recording says."""

    file: str
    size_bytes: int
    milliseconds: int
    sha256: str
    peaks: str


class RecordingJoiner:
    name = "recordings"

    def __init__(self, sessions: Sessions, spool: Path, folder: Path) -> None:
        self._sessions = sessions
        self._spool = spool
        self._folder = folder

    async def open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    async def run(self) -> None:
        while True:
            try:
                done = await self._round()
            except (SQLAlchemyError, OSError) as error:
                log.warning("recordings wait: %s", error)
                done = 0
            await asyncio.sleep(0 if done else POLL_SECONDS)

    async def close(self) -> None:
        """Nothing to close."""

    async def _round(self) -> int:
        """File what is complete; returns how many rows were settled."""
        async with self._sessions() as session:
            rows = await session.scalars(
                select(RecordingRow).where(RecordingRow.status == "pending").order_by(RecordingRow.id).limit(BATCH)
            )
            pending = rows.all()
        return sum([await self._settle(row) for row in pending])

    async def _settle(self, row: RecordingRow) -> bool:
        sides = [self._spool / f"{row.id}-{side}.wav" for side in ("in", "out")]
        present = [side for side in sides if side.exists()]
        age = clock.now_ms() - row.started_at
        if any(not _quiet(side) for side in present) or (not present and age < GIVE_UP_MS):
            return False
        if not present:
            log.error("recording %s: no sound was written", row.id)
            await self._update(row.id, status="missing", error="no sound was written")
            return True
        day = clock.to_datetime(row.started_at).strftime("%Y/%m/%d")
        target = self._folder / day / f"{row.id}.wav"
        try:
            joined = await asyncio.to_thread(_join, sides[0], sides[1], target, f"{day}/{row.id}.wav")
        except (DamagedSoundError, OSError) as error:
            log.exception("recording %s cannot be joined", row.id)
            await self._update(row.id, status="damaged", error=str(error)[:255])
            return True
        await self._update(
            row.id,
            status="ready",
            file=joined.file,
            size_bytes=joined.size_bytes,
            milliseconds=joined.milliseconds,
            sha256=joined.sha256,
            peaks=joined.peaks,
        )
        for side in present:
            side.unlink(missing_ok=True)
        return True

    async def _update(self, key: str, **values: str | int) -> None:
        async with self._sessions.begin() as session:
            await session.execute(update(RecordingRow).where(RecordingRow.id == key).values(**values))


def _quiet(file: Path) -> bool:
    return clock.now_ms() - file.stat().st_mtime_ns // 1_000_000 >= QUIET_MS


def _join(left: Path, right: Path, target: Path, name: str) -> Joined:
    target.parent.mkdir(parents=True, exist_ok=True)
    sound = join_stereo(left, right, target)
    wave = json.dumps(wav_peaks(target, PEAKS), separators=(",", ":"))
    return Joined(name, sound.size_bytes, round(sound.seconds * 1000), sound.sha256, wave)
