"""WebCTI: a verb beside a bare request to Asterisk, from inside the box; and events to 300 sockets from outside."""

import asyncio
import contextlib
import json
import statistics
import time

from appliance.callcenter.integrations.service import STREAMS_OF_KEY
from bench.ours import OurBox
from tests.center import PYTHON
from tests.sip.waiting import until
from tests.webcti_client import MAKE_KEYS, Program

REQUESTS = 300
SOCKETS = 300
EVENTS = 20

INSIDE = """
import asyncio, json, ssl, sys, time
import aiohttp
from pathlib import Path

key, count = sys.argv[1], int(sys.argv[2])

async def measure(session, method, url, bodies, **options):
    times = []
    for number in range(count):
        started = time.perf_counter()
        async with session.request(method, url, json=bodies[number % len(bodies)], **options) as answer:
            await answer.read()
            assert answer.status < 300, (url, answer.status)
        times.append((time.perf_counter() - started) * 1000)
    return times

async def main():
    secret = Path("/run/hcc/ari.secret").read_text().strip()
    verbs = [{"agent": "1001", "cause": "meal"}, {"agent": "1001", "cause": "rest"}]
    headers = {"Authorization": f"Bearer {key}"}
    insecure = ssl.create_default_context()
    insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
    results = {}
    async with aiohttp.ClientSession() as session:
        auth = aiohttp.BasicAuth("hcc", secret)
        ari = "http://127.0.0.1:8088/ari/asterisk/variable?variable=BENCH&value=1"
        for _ in range(2):
            results["bare ARI request (POST, loopback)"] = await measure(session, "POST", ari, [None], auth=auth)
            desk = "http://127.0.0.1:8701/webcti/v1/verbs/busy"
            results["verb, desk program alone"] = await measure(session, "POST", desk, verbs, headers=headers)
            door = "https://127.0.0.1/webcti/v1/verbs/busy"
            results["verb, through nginx and TLS"] = await measure(
                session, "POST", door, verbs, headers=headers, ssl=insecure
            )
    print(json.dumps(results))

asyncio.run(main())
"""


def _row(name: str, values: list[float]) -> str:
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]
    return f"  {name:36} p50 {statistics.median(ordered):6.2f} ms   p95 {late:6.2f} ms   n {len(ordered)}"


async def measure_webcti(box: OurBox) -> None:
    names = ["bench", *(f"bench {number}" for number in range(SOCKETS // STREAMS_OF_KEY))]
    wanted = json.dumps({"keys": [{"name": name, "per_second": 100_000} for name in names]})
    key, *listeners = json.loads(box.box.run(PYTHON, "-", wanted, user="hcc", stdin=MAKE_KEYS)).values()
    async with Program(box.box.address, key) as program:

        async def known() -> bool:
            return (await program.raw("GET", "/key"))[0] == 200

        await until(known, 10, "the key is known")
        results = json.loads(box.box.run(PYTHON, "-", key, str(REQUESTS), user="hcc", stdin=INSIDE))
        print("\nWebCTI: a verb beside a bare request to Asterisk (same box, same client)")
        for name, values in results.items():
            print(_row(name, values))
        bare, alone, door = (statistics.median(values) for values in results.values())
        print(f"  ratio of medians to the bare request: desk {alone / bare:.2f}, with nginx and TLS {door / bare:.2f}")
        await _fan_out(box, program, listeners)


async def _fan_out(box: OurBox, program: Program, keys: list[str]) -> None:
    """From the verb being sent until the last of the sockets has the event; as many sockets as `keys` may open."""
    async with contextlib.AsyncExitStack() as stack:
        programs = [Program(box.box.address, key) for key in keys for _ in range(STREAMS_OF_KEY)]
        listeners = [await stack.enter_async_context(listener) for listener in programs]
        for listener in listeners:
            await listener.listen()
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
