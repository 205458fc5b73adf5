"""What the other programs of a box ask its agent: one report."""

import asyncio
from pathlib import Path

import msgspec

from appliance.ha.agent.status import Report
from appliance.ha.agent.status_socket import SOCKET

ANSWER_SECONDS = 2.0


async def ask_report(path: Path = SOCKET) -> Report | None:
    """None: no agent runs here, or it has nothing to say yet."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                return msgspec.json.decode(await reader.read(), type=Report | None)
            finally:
                writer.close()
    except OSError, TimeoutError, msgspec.DecodeError:
        return None
