"""The last thing on a box that hands over: who cannot be carried over is told so, the others hear nothing.

A telephone that is hung up has no call any more that could be replaced; one that is not would listen to silence until
somebody gave up. Nothing is stored of it: to the box that takes over both are calls whose Asterisk is gone.
"""

import asyncio
import contextlib
import logging

from appliance.callcenter.control.carrying import rules
from appliance.callcenter.control.floor import Floor
from appliance.pbx.ari import AriError

log = logging.getLogger(__name__)

SECONDS = 1.0


async def say(floor: Floor) -> None:
    """Hang up the channels of which nothing can go on elsewhere; never for long."""
    left = [channel for call in floor.calls.values() for channel in rules.left_behind(call)]
    log.info("another box goes on: %d channels of %d calls are hung up", len(left), len(floor.calls))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*(_hang_up(floor, channel) for channel in left))


async def _hang_up(floor: Floor, channel: str) -> None:
    with contextlib.suppress(AriError):
        await floor.ari.hang_up(channel)
