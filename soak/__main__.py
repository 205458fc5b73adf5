"""`make soak ARGS="--minutes 10 --agents 200 --kills 50"`: exit status 0 when all that must be zero is zero."""

import argparse
import asyncio
import contextlib
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

from soak.floor import PHONES, PLAN, Page, answering_telephones, call_center, callers, staff
from soak.measures import Board, Delays, Usage, watch
from soak.troubles import behind, gaps_within, kill_now_and_then, lose
from tests.box import Bridge
from tests.center import PLAIN_DID, TOKEN, Center
from tests.sip.network import Host
from tests.sip.relay import Relay
from tests.sip.sipp import Tally

BOARD_LIMIT_MS = 500
DRAIN_SECONDS = 100.0
HARMLESS = frozenset({"page_gone"})


@dataclass
class Result:
    """What the soak found."""

    tally: Tally
    kills: int
    delays: Delays
    usage: Usage
    doubled: int = 0
    missing: int = 0
    on_duty: int = 0
    spoiled: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    repairs: dict[str, int] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)

    def zeros(self) -> dict[str, int]:
        """What must be zero."""
        return {
            "failed calls": self.tally.failed,
            "calls without a record": self.missing,
            "calls with two records": self.doubled,
            "calls given to the duty telephones": self.on_duty,
            "calls not answered or not ended by an agent": len(self.spoiled),
            "orphans left": len(self.left),
            "repairs": sum(count for kind, count in self.repairs.items() if kind not in HARMLESS),
            "agents whose own state changed": len(self.moved),
        }

    def show(self) -> None:
        first, last = self.usage.memory()
        rows = {
            "calls": f"{self.tally.created}, of which well {self.tally.successful}",
            "call control killed": f"{self.kills} times",
            "board updates": f"{self.delays} (limit: p95 {BOARD_LIMIT_MS} ms)",
            "call control, CPU": f"{self.usage.cores():.2f} cores",
            "call control, PSS": f"{first:.0f} MiB at the start, {last:.0f} MiB at the end",
            "growth": self.usage.growth(),
            **{name: str(number) for name, number in self.zeros().items()},
        }
        width = max(map(len, rows))
        for name, value in rows.items():
            print(f"  {name.ljust(width)}  {value}")
        for line in [
            *self.spoiled,
            *self.left,
            *self.moved,
            *(f"{kind} {count}" for kind, count in self.repairs.items()),
        ]:
            print(f"    {line}")

    def passed(self) -> bool:
        return not any(self.zeros().values()) and self.delays.at(0.95) <= BOARD_LIMIT_MS


def _on_duty(center: Center) -> int:
    """How many callers the exchange gave to the duty telephones; there is no record of those calls."""
    return len(re.findall(r"call of \d+ without call control", center.box.journal_text()))


def _spoiled(center: Center) -> list[str]:
    """Records of calls that no agent answered, or whose caller had to hang up: here only agents do."""
    rows = center.query(
        "SELECT id, caller, outcome, hung_up_by, wait_ms, talk_ms, ended_at - started_at AS lasted FROM interaction "
        "WHERE called = :did AND started_at >= :since AND (outcome <> 'answered' OR hung_up_by = 'caller')",
        {"did": PLAIN_DID, "since": center.began_ms},
    )
    journal = center.box.journal_text().splitlines() if rows else []
    said = {row["id"]: [line for line in journal if row["id"] in line][:30] for row in rows}
    return [
        "\n      ".join([" ".join(f"{name}={value}" for name, value in row.items()), *said[row["id"]]]) for row in rows
    ]


def _records(center: Center, calls: int) -> tuple[int, int]:
    """How many records are missing and doubled."""
    row = center.query(
        "SELECT count(*) AS n FROM interaction WHERE called = :did AND started_at >= :since",
        {"did": PLAIN_DID, "since": center.began_ms},
    )[0]
    return max(0, calls - row["n"]), max(0, row["n"] - calls)


@dataclass
class People:
    """Everybody at a page: agents, those of them who do nothing all the time, managers."""

    agents: list[Page]
    resting: list[Page]
    boards: list[Board]

    async def leave(self) -> None:
        for client in (*self.agents, *self.boards):
            await client.disconnect()


async def _people(center: Center, agents: int, boards: int) -> People:
    pages = await staff(center, agents)
    resting = pages[: max(1, agents // 20)]
    for page in resting:
        await page.verb("busy", cause="meeting")
        await page.state("busy")
    watching = [Board(center.box.address, f"{TOKEN}-manager", "board") for _ in range(boards)]
    for board in watching:
        await board.connect(30)
    return People(pages, resting, watching)


@contextlib.asynccontextmanager
async def _going_on(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def soak(options: argparse.Namespace, bridge: Bridge) -> Result:
    calls = round(options.minutes * 60 * options.rate)
    seconds = calls / options.rate
    delays, usage = Delays(), Usage()
    async with contextlib.AsyncExitStack() as stack:
        hosts = [Host(bridge.name, address) for address in (PLAN.mass_callers, PHONES)]
        for host in hosts:
            stack.callback(host.close)
        center = await stack.enter_async_context(call_center(bridge, options.agents))
        await stack.enter_async_context(answering_telephones(hosts[1], options.agents))
        print(f"signing {options.agents} agents in …", flush=True)
        people = await _people(center, options.agents, options.boards)
        stack.push_async_callback(people.leave)
        before = [_state(page) for page in people.resting]
        print(f"{calls} calls, {options.rate:g} a second …", flush=True)
        chance = random.Random(options.seed)
        gaps = gaps_within(seconds)[: len(people.resting)]
        print(f"  browsers that lose the network: {', '.join(f'{gap:g} s' for gap in gaps) or 'none'}", flush=True)
        networks = [await stack.enter_async_context(Relay(center.box.address)) for _ in gaps]
        for network, page in zip(networks, people.resting, strict=False):
            await behind(network, page)
        staying = (page.stay() for page in people.agents)
        async with (
            _going_on(
                *staying, watch(people.boards, delays), usage.follow(center), lose(networks, gaps, seconds, chance)
            ),
            callers(hosts[0], options.rate, calls, seconds + DRAIN_SECONDS) as run,
        ):
            killer = asyncio.create_task(
                kill_now_and_then(center, options.kills, seconds, usage, people.boards[0], chance)
            )
            tally = await run.finished(seconds + DRAIN_SECONDS + 20)
            kills = await killer
            if tally.failed:
                print(run.errors()[-2000:])
        return await _judged(center, people, before, Result(tally, kills, delays, usage))


async def _judged(center: Center, people: People, before: list[tuple[str, str, int]], result: Result) -> Result:
    """Look at what is left, from new pictures."""
    result.left = await _left(center)
    for page in (people.boards[0], *people.resting):
        await page.reconnect(30)
    result.on_duty, result.spoiled = _on_duty(center), _spoiled(center)
    result.missing, result.doubled = _records(center, result.tally.created - result.on_duty)
    result.repairs = (people.boards[0].repairs or {}).get("counts", {})
    result.moved = [
        f"{page.me['number']}: {was} → {_state(page)}"
        for page, was in zip(people.resting, before, strict=True)
        if _state(page) != was
    ]
    return result


def _state(page: Page) -> tuple[str, str, int]:
    """What may not change of an agent who does nothing."""
    return page.me["state"], page.me["cause"], page.me["since"]


async def _left(center: Center) -> list[str]:
    """What is still there when all calls are over."""
    try:
        await center.nothing_left(15)
    except AssertionError as error:
        return str(error).splitlines()[:20]
    return []


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak ARGS=…", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=5, help="calls per second")
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--boards", type=int, default=20)
    parser.add_argument("--kills", type=int, default=0, help="how often call control is killed meanwhile")
    parser.add_argument("--seed", type=int, default=1, help="of the instants of the kills")
    options = parser.parse_args()
    began = time.monotonic()
    with Bridge("hccsoak", "10.95.0.1/24") as bridge:
        result = asyncio.run(soak(options, bridge))
    result.show()
    passed = result.passed()
    print(f"{'passed' if passed else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
