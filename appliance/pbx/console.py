"""Asterisk's console socket. What the user of call control may say there stands in `cli_permissions.conf`.

Protocol of the socket: that of `asterisk -rx`, Asterisk 22; one connection per command, answered until it is closed.
"""

import asyncio
import re
import socket

COMMAND_SECONDS = 3.0
DOOR_SECONDS = 0.005

_WORD = re.compile(r"[!-~]+")


class Console:
    """Commands go one after another: Asterisk lets two wait at the door; who comes third would be sent away."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = asyncio.Lock()

    async def say(self, *words: str) -> str:
        """What is answered to a command. Raises OSError or TimeoutError, and ValueError for what is no word."""
        if not all(_WORD.fullmatch(word) for word in words):
            raise ValueError(f"not to be said on the console: {words}")
        async with asyncio.timeout(COMMAND_SECONDS), self._lock:
            reader, writer = await self._enter()
            try:
                writer.write(f"cli quit after {' '.join(words)}\0".encode())
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
                door.connect(self._path)
            except BlockingIOError:
                door.close()
                await asyncio.sleep(DOOR_SECONDS)
            except OSError:
                door.close()
                raise
            else:
                return await asyncio.open_unix_connection(sock=door)
