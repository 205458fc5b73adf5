"""WebCTI: verbs beside the same by Asterisk's HTTP interface, in the box; and events to 300 sockets from outside."""

import asyncio
import contextlib
import json
import statistics
import time
from pathlib import Path

from appliance.callcenter.integrations.service import STREAMS_OF_KEY
from bench.ours import OurBox
from bench.webcti_inside import AGENT
from tests.center import PYTHON
from tests.sip.waiting import until
from tests.webcti_client import Program, known_keys

ROUNDS = 20
"""Calls on each side."""
INSIDE_SECONDS = 240.0
SOCKETS = 300
EVENTS = 20
OPENING_SECONDS = 0.006
"""Between two sockets: the web front lets 200 requests a second in from one address."""

INSIDE = Path(__file__).with_name("webcti_inside.py")
SIDES = {
    "ari": "Asterisk's HTTP interface",
    "socket": "WebCTI, over its websocket",
    "webcti": "WebCTI, a request for each",
    "door": "the same by nginx and TLS",
}


def _row(name: str, values: list[float]) -> str:
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]
    return f"  {name:36} p50 {statistics.median(ordered):6.2f} ms   p95 {late:6.2f} ms   n {len(ordered)}"


async def measure_webcti(box: OurBox) -> None:
    names = ["bench", *(f"bench {number}" for number in range(SOCKETS // STREAMS_OF_KEY))]
    wanted = {"keys": [{"name": name, "per_second": 100_000} for name in names]}
    key, *listeners = (await known_keys(box.box, wanted)).values()
    async with Program(box.box.address, key) as program:
        await program.verb("ready", AGENT)
        told = json.loads(
            box.box.run(PYTHON, "-", key, str(ROUNDS), user="hcc", stdin=INSIDE.read_text(), timeout=INSIDE_SECONDS)
        )
        print("\nWebCTI beside the same done by Asterisk's own HTTP interface (same box, same client, in turn)")
        for name, sides in told["times"].items():
            print(f" {name}")
            for side in (side for side in SIDES if side in sides):
                print(_row(SIDES[side], sides[side]))
            medians = {side: statistics.median(values) for side, values in sides.items()}
            ratios = (f"{side} {medians[side] / medians['ari']:.2f}" for side in ("socket", "webcti"))
            print(f"  ratio of medians to Asterisk's: {', '.join(ratios)}")
        print(f"  talks that ended before the measurement did: {len(told['over'])} {sorted(set(told['over']))}")
        await _fan_out(box, program, listeners)


async def _fan_out(box: OurBox, program: Program, keys: list[str]) -> None:
    """From the verb being sent until the last of the sockets has the event; as many sockets as `keys` may open."""
    async with contextlib.AsyncExitStack() as stack:
        programs = [Program(box.box.address, key) for key in keys for _ in range(STREAMS_OF_KEY)]
        listeners = [await stack.enter_async_context(listener) for listener in programs]
        for listener in listeners:
            await listener.listen()
            await asyncio.sleep(OPENING_SECONDS)
        await until(lambda: all(one.frames for one in listeners), 30, "every socket has the picture")
        first, last = [], []
        for number in range(EVENTS):
            before = [len(one.events) for one in listeners]
            started = time.monotonic()
            await program.verb("busy", "1002", cause="meal" if number % 2 else "rest")
            heard = [asyncio.create_task(_next(one, count)) for one, count in zip(listeners, before, strict=True)]
            times = [at - started for at in await asyncio.gather(*heard)]
            first.append(min(times) * 1000)
            last.append(max(times) * 1000)
        print(f"\nevents to {SOCKETS} sockets (stored first, at most 0.08 s; the clients share this machine)")
        print(_row("first socket has it", first))
        print(_row("last socket has it", last))


async def _next(program: Program, count: int) -> float:
    await until(lambda: len(program.events) > count, 10, "the event", pause_seconds=0.005)
    return time.monotonic()
