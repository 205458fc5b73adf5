"""The troubles of the soak: call control is killed, agents' browsers lose the network."""

import asyncio
import random
import time

from soak.measures import Board, Usage
from tests.center import Center
from tests.desk_client import DeskClient
from tests.sip.relay import Relay
from tests.sip.waiting import until

GAPS = (5.0, 30.0, 300.0)
"""How long browsers are without network, in seconds; one browser each."""
CALM_SECONDS = 20.0
"""Before the first gap, and after the last."""


async def kill_now_and_then(
    center: Center, kills: int, seconds: float, usage: Usage, board: Board, chance: random.Random
) -> int:
    """Kill call control at `kills` random instants within `seconds`; returns how often it was done.

    Each time it has come back before: a caller who hears nothing of it for four seconds is given to the duty
    telephones, and of such a call there is no record.
    """
    instants = sorted(chance.uniform(0, seconds) for _ in range(kills))
    began = time.monotonic()
    for instant in instants:
        await asyncio.sleep(max(1.0, began + instant - time.monotonic()))
        await until(lambda: board.closed_with is None and board.pbx, 60, "call control is back")
        await asyncio.sleep(chance.uniform(1, 2))
        center.box.kill("hcc-desk.service")
        board.pbx = False
        usage.restarted()
    return kills


def gaps_within(seconds: float) -> list[float]:
    """Those that a run of so many seconds has room for."""
    return [gap for gap in GAPS if gap + 2 * CALM_SECONDS < seconds]


async def behind(network: Relay, page: DeskClient) -> None:
    """From now on the page reaches the box by `network`."""
    page.through = network.port
    await page.reconnect(30)


async def lose(networks: list[Relay], gaps: list[float], seconds: float, chance: random.Random) -> None:
    """Each network is away for its gap, at some time within `seconds`."""

    async def once(network: Relay, gap: float, at: float) -> None:
        await asyncio.sleep(at)
        network.cut()
        await asyncio.sleep(gap)
        network.mend()

    starts = [chance.uniform(CALM_SECONDS, seconds - CALM_SECONDS - gap) for gap in gaps]
    await asyncio.gather(*map(once, networks, gaps, starts, strict=True))
