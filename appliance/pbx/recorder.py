"""The recorder: MixMonitor through Asterisk's console socket.

One file is written, both sides interleaved and kept in step (option D): 16-bit frames of what the channel says and what
it hears, without a header. The recordings program makes a stereo file of it.

The manager interface could do the same, but as soon as it is on, Asterisk words every event for it, read or not.
"""

import asyncio
import os
import time
from pathlib import Path

from appliance.pbx.console import Console

NO_CHANNEL = "No channel matching"
SAMPLE_RATE = 8000
FRAME_BYTES = 4
"""Both sides, 16 bits each."""


class RecorderError(Exception):
    """The recorder could not be reached, or Asterisk refused."""


class RecorderGoneError(RecorderError):
    """The channel hung up before it could be recorded."""


class Recorder:
    """Starts, interrupts and stops recordings by channel name; files lie in `spool`."""

    def __init__(self, console: Console, spool: str) -> None:
        self._console = console
        self._spool = Path(spool)

    async def start(self, channel_name: str, recording: str) -> None:
        """Record `channel_name` into `<spool>/<recording>.raw`."""
        await self._mixmonitor("start", channel_name, f"{self._file(recording)},D")

    async def stop(self, channel_name: str) -> None:
        """End the recording of `channel_name`, or interrupt it."""
        await self._mixmonitor("stop", channel_name)

    async def go_on(self, channel_name: str, recording: str) -> None:
        """Record again after `stop`; silence stands for the time between, so the file stays in step with the call."""
        await asyncio.to_thread(_fill, self._file(recording))
        await self._mixmonitor("start", channel_name, f"{self._file(recording)},aD")

    def _file(self, recording: str) -> Path:
        return self._spool / f"{recording}.raw"

    async def _mixmonitor(self, *words: str) -> None:
        try:
            said = await self._console.say("mixmonitor", *words)
        except (OSError, TimeoutError, ValueError) as error:
            raise RecorderError(f"{words[0]}: {error!r}") from error
        if said:
            kind = RecorderGoneError if said.startswith(NO_CHANNEL) else RecorderError
            raise kind(f"{words[0]}: {said}")


def _fill(file: Path) -> None:
    """Lengthen the file by the time in which nothing was written; one that was never begun needs nothing."""
    try:
        known = file.stat()
    except FileNotFoundError:
        return
    missed = max(0, round((time.time() - known.st_mtime) * SAMPLE_RATE)) * FRAME_BYTES
    os.truncate(file, known.st_size // FRAME_BYTES * FRAME_BYTES + missed)
