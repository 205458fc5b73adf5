"""The recorder: MixMonitor through Asterisk's console socket. The user of call control may say nothing else there.

One file is written, both sides interleaved and kept in step (option D): 16-bit frames of what the channel says and what
it hears, without a header. The recordings program makes a stereo file of it.

The manager interface could do the same, but as soon as it is on, Asterisk words every event for it, read or not.
Protocol of the socket: that of `asterisk -rx`, Asterisk 22; one connection per command, answered until it is closed.
"""

import asyncio
import os
import re
import socket
import time
from pathlib import Path

COMMAND_SECONDS = 3.0
DOOR_SECONDS = 0.005
NO_CHANNEL = "No channel matching"
SAMPLE_RATE = 8000
FRAME_BYTES = 4
"""Both sides, 16 bits each."""

_WORD = re.compile(r"[!-~]+")


class RecorderError(Exception):
    """The recorder could not be reached, or Asterisk refused."""


class RecorderGoneError(RecorderError):
    """The channel hung up before it could be recorded."""


class Recorder:
    """Starts, interrupts and stops recordings by channel name; files lie in `spool`."""

    def __init__(self, console: str, spool: str) -> None:
        self._console = console
        self._spool = Path(spool)
        self._lock = asyncio.Lock()
        """Asterisk lets two wait at the door; who comes third would be sent away."""

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
        if not all(_WORD.fullmatch(word) for word in words):
            raise RecorderError(f"not to be said on the console: {words}")
        try:
            async with asyncio.timeout(COMMAND_SECONDS), self._lock:
                said = await self._say(f"mixmonitor {' '.join(words)}")
        except (OSError, TimeoutError) as error:
            raise RecorderError(f"{words[0]}: {error!r}") from error
        if said:
            kind = RecorderGoneError if said.startswith(NO_CHANNEL) else RecorderError
            raise kind(f"{words[0]}: {said}")

    async def _say(self, command: str) -> str:
        """What is answered; nothing when it was done."""
        reader, writer = await self._enter()
        try:
            writer.write(f"cli quit after {command}\0".encode())
            await reader.readline()  # host/process/version
            return (await reader.read()).decode(errors="replace").strip()
        finally:
            writer.close()

    async def _enter(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection; when others wait at the door already, again and again."""
        while True:
            door = socket.socket(socket.AF_UNIX)
            door.setblocking(False)
            try:
                door.connect(self._console)
            except BlockingIOError:
                door.close()
                await asyncio.sleep(DOOR_SECONDS)
            except OSError:
                door.close()
                raise
            else:
                return await asyncio.open_unix_connection(sock=door)


def _fill(file: Path) -> None:
    """Lengthen the file by the time in which nothing was written; one that was never begun needs nothing."""
    try:
        known = file.stat()
    except FileNotFoundError:
        return
    missed = max(0, round((time.time() - known.st_mtime) * SAMPLE_RATE)) * FRAME_BYTES
    os.truncate(file, known.st_size // FRAME_BYTES * FRAME_BYTES + missed)
