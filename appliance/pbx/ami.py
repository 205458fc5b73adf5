"""The recorder: MixMonitor through the Asterisk Manager Interface, which is used for nothing else.

One file is written, both sides interleaved and kept in step (option D): 16-bit frames of what the channel says and what
it hears, without a header. The recordings program makes a stereo file of it.
"""

import asyncio
import contextlib
import itertools
import logging

log = logging.getLogger(__name__)

ACTION_SECONDS = 3.0
NO_CHANNEL = "No such channel"


class RecorderError(Exception):
    """The recorder could not be reached, or Asterisk refused."""


class RecorderGoneError(RecorderError):
    """The channel hung up before it could be recorded."""


class Recorder:
    """Starts and stops recordings by channel name. Connects when first needed and again after a loss."""

    def __init__(self, host: str, port: int, user: str, spool: str) -> None:
        self._host = host
        self._port = port
        self._user = user
        self._spool = spool
        self._numbers = itertools.count(1)
        self._pending: dict[str, asyncio.Future[dict[str, str]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    async def connect(self, secret: str) -> None:
        async with self._lock:
            await self._disconnect()
            try:
                reader, self._writer = await asyncio.open_connection(self._host, self._port)
                await asyncio.wait_for(reader.readline(), ACTION_SECONDS)
            except (OSError, TimeoutError) as error:
                raise RecorderError(str(error)) from error
            self._reading = asyncio.create_task(self._read(reader), name="recorder")
            await self._action("Login", Username=self._user, Secret=secret, Events="off")

    async def close(self) -> None:
        async with self._lock:
            await self._disconnect()

    async def _disconnect(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def start(self, channel_name: str, recording: str) -> None:
        """Record `channel_name` into `<spool>/<recording>.raw`."""
        await self._action("MixMonitor", Channel=channel_name, File=f"{self._spool}/{recording}.raw", Options="D")

    async def stop(self, channel_name: str) -> None:
        await self._action("StopMixMonitor", Channel=channel_name)

    async def silence(self, channel_name: str, *, on: bool) -> None:
        """Write silence in place of what is said; the file goes on."""
        await self._action("MixMonitorMute", Channel=channel_name, Direction="both", State="1" if on else "0")

    async def _action(self, action: str, **fields: str) -> dict[str, str]:
        if self._writer is None:
            raise RecorderError("not connected")
        number = str(next(self._numbers))
        lines = [
            f"Action: {action}",
            f"ActionID: {number}",
            *(f"{key}: {value}" for key, value in fields.items()),
        ]
        if any("\r" in line or "\n" in line for line in lines):
            raise RecorderError("line break in a field")
        future: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
            await self._writer.drain()
            answer = await asyncio.wait_for(future, ACTION_SECONDS)
        except (OSError, TimeoutError) as error:
            raise RecorderError(f"{action}: {error!r}") from error
        finally:
            self._pending.pop(number, None)
        if answer.get("Response") != "Success":
            reason = answer.get("Message", "refused")
            kind = RecorderGoneError if reason == NO_CHANNEL else RecorderError
            raise kind(f"{action}: {reason}")
        return answer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        message: dict[str, str] = {}
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                text = line.decode(errors="replace").rstrip("\r\n")
                if text:
                    key, _, value = text.partition(": ")
                    message[key] = value
                    continue
                future = self._pending.get(message.get("ActionID", ""))
                if future is not None and not future.done():
                    future.set_result(message)
                message = {}
        for future in self._pending.values():
            if not future.done():
                future.set_exception(OSError("connection lost"))
