"""/run/hcc/ha.sock: whoever connects gets one report as JSON, and the end of the connection."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.ha.agent.local_socket import LocalSocket
from appliance.ha.agent.status import Report

SOCKET = Path("/run/hcc/ha.sock")
SECONDS = 2.0


class StatusSocket(LocalSocket):
    """A part of the agent. `report` gives None until there is something to report."""

    def __init__(self, report: Callable[[], Report | None], path: Path = SOCKET) -> None:
        super().__init__("status socket", path, self._answer)
        self._report = report

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                writer.write(msgspec.json.encode(self._report()))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except OSError, TimeoutError:
            writer.transport.abort()
