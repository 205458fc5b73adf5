"""/run/hcc/ha.sock: whoever connects gets one report as JSON, and the end of the connection."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.ha.agent.status import Report

SOCKET = Path("/run/hcc/ha.sock")
GROUP = "hcc"
"""Of the programs that show it."""
SECONDS = 2.0


class StatusSocket:
    """A part of the agent. `report` gives None until there is something to report."""

    name = "status socket"

    def __init__(self, report: Callable[[], Report | None], path: Path = SOCKET) -> None:
        self._report = report
        self._path = path
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._answer, self._path)
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

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                writer.write(msgspec.json.encode(self._report()))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except OSError, TimeoutError:
            writer.transport.abort()
