"""Stands where the service address is: connections go to the pages of the box that has it, and end when it moves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from tests.ha.pair.boxes import Pair

LOOK_SECONDS = 0.1


class Front:
    def __init__(self, pair: Pair, ports: Mapping[str, int]) -> None:
        self._pair = pair
        self._ports = ports
        self._holder: str | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """The address of the pages."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        looking = asyncio.create_task(self._follow())
        try:
            yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            looking.cancel()
            self._cut()
            server.close()

    async def _follow(self) -> None:
        while True:
            reports = await self._pair.reports()
            holding = [name for name, report in reports.items() if report is not None and report.own.address.held]
            holder = holding[0] if len(holding) == 1 else None
            if holder != self._holder:
                self._cut()
            self._holder = holder
            await asyncio.sleep(LOOK_SECONDS)

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._holder is None:
            writer.transport.abort()
            return
        behind, onward = await asyncio.open_connection("127.0.0.1", self._ports[self._holder])
        ends = {writer, onward}
        self._open |= ends
        await asyncio.gather(_pump(reader, onward), _pump(behind, writer))
        self._open -= ends


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
