"""The expected wait of queues, told anew when time alone has changed it: everything else is told as it happens."""

import asyncio
from collections.abc import Mapping

from appliance import clock
from appliance.callcenter.acd.estimate import minutes_of
from appliance.callcenter.control.floor import Floor

LOOK_SECONDS = 10.0


async def watch(floor: Floor) -> None:
    """Until cancelled: queues whose wait is another number of minutes than when last looked at are told."""
    shown: dict[int, int | None] = {}
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = clock.now_ms()
        at_present = {
            queue: minutes_of(floor.estimates.queue_seconds(floor.acd, now, queue)) for queue in floor.directory.queues
        }
        for queue in moved(shown, at_present):
            floor.touch_queue(queue)
        shown = at_present


def moved(before: Mapping[int, int | None], now: Mapping[int, int | None]) -> set[int]:
    """Queues of which other minutes are known than before."""
    return {queue for queue, minutes in now.items() if queue in before and before[queue] != minutes}
