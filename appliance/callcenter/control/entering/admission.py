"""A call from outside on its way in: who is calling is found out first, then it is routed."""

import asyncio
import contextlib
from functools import partial

from appliance.callcenter.calls.model import Call, Phase
from appliance.callcenter.control.entering import draining, routing
from appliance.callcenter.control.floor import Floor

LOOKUP_SECONDS = 0.5


def lookup_of(call: Call) -> str:
    """The line of commands in which the patients of `call` are looked up, beside its own."""
    return f"{call.id} patients"


def admit(floor: Floor, call: Call) -> None:
    """Find out who is calling, then route it. A slow database never holds the call: the answer comes later then."""
    floor.do(call, partial(_admit, floor, call))


async def _admit(floor: Floor, call: Call) -> None:
    floor.look_up(call)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOKUP_SECONDS):
            await floor.commands.drain(lookup_of(call))
    if call.phase is not Phase.ENDED and not draining.turns_away(floor, call):
        routing.route_inbound(floor, call)
