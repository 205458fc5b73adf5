"""Finished recordings: made stereo WAV files, filed by day, with hash and wave form.

Asterisk writes both sides of a talk, interleaved, into one file of the spool. When the call is over a pending row says
which; this part files it. A crash in between loses nothing: the row stays pending, the spool file stays.
On the box of a pair that took over, what it has of a talk that was cut is the tail that `replica` kept.
"""

import asyncio
import json
import logging
from pathlib import Path

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.calls.tables import InteractionRow, RecordingRow
from appliance.callcenter.prompts.audio import stereo_from_raw, wav_peaks

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
QUIET_MS = 700
"""A spool file that did not grow for so long is complete."""
GIVE_UP_MS = 120_000
SHORTEST_TALK_MS = 1000
"""A talk that ended at once may have no sound; nobody needs to hear of it."""
BATCH = 20
PEAKS = 400
TAILS = ".tails"
"""Below the recordings folder; see `replica.tails`."""
CUT = ".cut.wav"
"""Instead of `.wav`: what was saved of a recording whose file lies on the other box of a pair."""


class RecordingFiler:
    """Works in a thread with a plain connection: files and database both wait for the disk."""

    name = "recordings"

    def __init__(self, engine: Engine, spool: Path, folder: Path) -> None:
        self._engine = engine
        self._spool = spool
        self._folder = folder

    async def open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    async def run(self) -> None:
        while True:
            try:
                done = await asyncio.to_thread(self._round)
            except (SQLAlchemyError, OSError) as error:
                log.warning("recordings wait: %s", error)
                done = 0
            await asyncio.sleep(0 if done else POLL_SECONDS)

    async def close(self) -> None:
        """Nothing to close."""

    def _round(self) -> int:
        """File what is complete; returns how many rows were settled."""
        with self._engine.connect() as connection:
            pending = connection.execute(
                select(RecordingRow.id, RecordingRow.started_at, InteractionRow.talk_ms)
                .join(InteractionRow, InteractionRow.id == RecordingRow.interaction_id)
                .where(RecordingRow.status == "pending")
                .order_by(RecordingRow.id)
                .limit(BATCH)
            ).all()
        settled = [(key, values) for key, *times in pending if (values := self._settle(key, *times))]
        with self._engine.begin() as connection:
            for key, values in settled:
                connection.execute(update(RecordingRow).where(RecordingRow.id == key).values(**values))
        for key, values in settled:
            if values["status"] == "ready":
                for folder in (self._spool, self._folder / TAILS):
                    (folder / f"{key}.raw").unlink(missing_ok=True)
        return len(settled)

    def _settle(self, key: str, started_at: clock.Millis, talk_ms: int) -> dict[str, str | int]:
        """What the row shall say; nothing while the file still grows."""
        raw, tail = self._spool / f"{key}.raw", self._folder / TAILS / f"{key}.raw"
        saved = not raw.exists() and tail.exists()
        raw = tail if saved else raw
        if not raw.exists():
            if clock.now_ms() - started_at < GIVE_UP_MS:
                return {}
            level = logging.ERROR if talk_ms > SHORTEST_TALK_MS else logging.INFO
            log.log(level, "recording %s: no sound was written in %d ms of talk", key, talk_ms)
            return {"status": "missing", "error": "no sound was written"}
        if clock.now_ms() - raw.stat().st_mtime_ns // 1_000_000 < QUIET_MS:
            return {}
        name = f"{clock.to_datetime(started_at):%Y/%m/%d}/{key}.wav"
        try:
            filed = _file(raw, self._folder / name)
        except OSError as error:
            log.exception("recording %s cannot be filed", key)
            return {"status": "damaged", "error": str(error)[:255]}
        return {"status": "ready", "file": name, "copies": 1, **({"salvaged": True} if saved else {}), **filed}


def _file(raw: Path, target: Path) -> dict[str, str | int]:
    target.parent.mkdir(parents=True, exist_ok=True)
    sound = stereo_from_raw(raw, target)
    return {
        "size_bytes": sound.size_bytes,
        "milliseconds": round(sound.seconds * 1000),
        "sha256": sound.sha256,
        "peaks": json.dumps(wav_peaks(target, PEAKS), separators=(",", ":")),
    }
