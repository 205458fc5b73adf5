"""The call centre of the soak: a booted box, its agents with pages and telephones, boards that measure."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.box import Box, Bridge
from tests.center import LOAD, PLAIN, PLAIN_DID, PYTHON, TOKEN, Center, Plan, specification
from tests.desk_client import DeskClient
from tests.sip.network import Host
from tests.sip.sipp import Sipp, telephones
from tests.sip.waiting import TooLateError, until
from tests.tones import tone

PLAN = Plan(box="10.95.0.10", carrier="10.95.0.21", mass_callers="10.95.0.22")
PHONES = "10.95.0.23"
TALK_MS = 8000
ANSWER_MS = 500
PING_SECONDS = 5.0
SIGN_INS_AT_ONCE = 5


def _specification(agents: int) -> dict[str, Any]:
    spec = specification(PLAN)
    spec["agents"] = agents
    spec["no_outside"] = 0
    for number, queue in enumerate(spec["queues"], 1):
        if number in {LOAD, PLAIN}:
            queue["members"] = list(range(1, agents + 1))
    return spec


class Page(DeskClient):
    """A browser that says every few seconds that it is alive. Two hundred of them share one process here, so what is
    told about others is not even read."""

    @classmethod
    def of(cls, center: Center, login: str) -> Page:
        return cls(center.box.address, f"{TOKEN}-{login}")

    def _of_interest(self, text: str) -> bool:
        return any(word in text for word in ('"me":', '"reply":', '"snapshot":', '"pbx":'))

    async def stay(self) -> None:
        """For ever: come back when the connection is lost, as a page does."""
        while True:
            with contextlib.suppress(ConnectionError, RuntimeError):
                await self.send_raw(json.dumps({"ping": round(time.monotonic() * 1000)}))
            await asyncio.sleep(PING_SECONDS)
            if self.closed_with is not None:
                with contextlib.suppress(TooLateError):
                    await self.reconnect(60)
            self.seen.clear()


@contextlib.asynccontextmanager
async def call_center(bridge: Bridge, agents: int) -> AsyncIterator[Center]:
    """Boot a box and fill it."""
    with Box("soak", PLAN.box, bridge) as box:
        box.boot()
        await asyncio.to_thread(box.wait_running)
        script = (Path(__file__).parents[1] / "tests" / "seeding.py").read_text()
        box.run(PYTHON, "-", json.dumps(_specification(agents)), user="hcc", stdin=script)
        center = Center(box, PLAN)
        last = str(8000 + agents)
        await until(lambda: last in center.asterisk("pjsip show endpoints"), 30, "telephones are known")
        await until(lambda: PLAN.mass_callers in center.asterisk("pjsip show identifies"), 30, "trunks are known")
        center.begin()
        yield center


def answering_telephones(host: Host, agents: int) -> Sipp:
    """The registered telephones of all agents: they answer by themselves."""
    accounts = {str(8000 + number): f"secret-{8000 + number}" for number in range(1, agents + 1)}
    keys = {"answer_ms": ANSWER_MS, "talk_ms": TALK_MS}
    return telephones(host, PLAN.box, accounts, "agents", keys, tone(700.0, 2))


async def staff(center: Center, agents: int) -> list[Page]:
    """All agents at their pages, ready."""
    pages = [Page.of(center, f"agent{number}") for number in range(1, agents + 1)]
    gate = asyncio.Semaphore(SIGN_INS_AT_ONCE)

    async def begin(page: Page) -> None:
        async with gate:
            await page.connect(30)
            await page.verb("sign_in", phone="sip")
            await page.until(lambda: page.me.get("phone_online"), 20, "the telephone is there")
            await page.verb("ready")
            await page.state("ready", seconds=20)

    await asyncio.gather(*(begin(page) for page in pages))
    return pages


def callers(host: Host, rate: float, calls: int, limit_seconds: float) -> Sipp:
    keys: dict[str, str | int] = {"called": PLAIN_DID, "key_pause_ms": 100, "key": "2", "patience_ms": 90_000}
    lines = [f"1390{index % 10_000_000:07}" for index in range(min(calls, 10_000_000))]
    options = ["-r", str(rate), "-m", str(calls), "-l", "600", "-timeout", f"{limit_seconds:.0f}s"]
    return Sipp(host, "caller", target=PLAN.box, lines=lines, keys=keys, sound=tone(400.0, 2), options=options)
