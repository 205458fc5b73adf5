"""A socket below /run/hcc at which the programs of this box ask the agent: one connection for each question."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

GROUP = "hcc"
"""Of the programs."""

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class LocalSocket:
    """A part of the agent. `serve` deals with one connection, and closes it; a line has at most `line_bytes`."""

    def __init__(self, name: str, path: Path, serve: Serve, *, line_bytes: int = 2**16) -> None:
        self.name = name
        self._path = path
        self._serve = serve
        self._line_bytes = line_bytes
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=self._line_bytes)
        self._path.chmod(0o660)
        with contextlib.suppress(LookupError, PermissionError):
            shutil.chown(self._path, group=GROUP)

    async def run(self) -> None:
        assert self._server is not None
        await self._server.serve_forever()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._path.unlink(missing_ok=True)
