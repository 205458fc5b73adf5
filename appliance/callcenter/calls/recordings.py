"""Finished recordings: made stereo WAV files, filed by day, with hash and wave form.

Asterisk writes both sides of a talk, interleaved, into one file of the spool. When the call is over a pending row says
which; this part files it. A crash in between loses nothing: the row stays pending, the spool file stays.
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
from appliance.callcenter.prompts.audio import stereo_from_raw, wav_peaks
from appliance.db import Sessions

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
QUIET_MS = 700
"""A spool file that did not grow for so long is complete."""
GIVE_UP_MS = 120_000
BATCH = 20
PEAKS = 400


@dataclass(frozen=True, slots=True)
class Filed:
    """What the row of a filed recording says."""

    file: str
    size_bytes: int
    milliseconds: int
    sha256: str
    peaks: str


class RecordingFiler:
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
        raw = self._spool / f"{row.id}.raw"
        if raw.exists():
            if not _quiet(raw):
                return False
        elif clock.now_ms() - row.started_at < GIVE_UP_MS:
            return False
        else:
            log.error("recording %s: no sound was written", row.id)
            await self._update(row.id, status="missing", error="no sound was written")
            return True
        day = clock.to_datetime(row.started_at).strftime("%Y/%m/%d")
        target = self._folder / day / f"{row.id}.wav"
        try:
            filed = await asyncio.to_thread(_file, raw, target, f"{day}/{row.id}.wav")
        except OSError as error:
            log.exception("recording %s cannot be filed", row.id)
            await self._update(row.id, status="damaged", error=str(error)[:255])
            return True
        await self._update(
            row.id,
            status="ready",
            file=filed.file,
            size_bytes=filed.size_bytes,
            milliseconds=filed.milliseconds,
            sha256=filed.sha256,
            peaks=filed.peaks,
        )
        raw.unlink(missing_ok=True)
        return True

    async def _update(self, key: str, **values: str | int) -> None:
        async with self._sessions.begin() as session:
            await session.execute(update(RecordingRow).where(RecordingRow.id == key).values(**values))


def _quiet(file: Path) -> bool:
    return clock.now_ms() - file.stat().st_mtime_ns // 1_000_000 >= QUIET_MS


def _file(raw: Path, target: Path, name: str) -> Filed:
    target.parent.mkdir(parents=True, exist_ok=True)
    sound = stereo_from_raw(raw, target)
    wave = json.dumps(wav_peaks(target, PEAKS), separators=(",", ":"))
    return Filed(name, sound.size_bytes, round(sound.seconds * 1000), sound.sha256, wave)
