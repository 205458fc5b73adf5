"""`make bench`: our call path beside plain Asterisk, in the same run."""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import acd, calls, etcd
from bench.calls import Load
from bench.flood import measure_flood
from bench.ours import FLOW_NUMBER, QUEUE_NUMBER, OurBox, our_box
from bench.peer import PlainAsterisk
from bench.pop import measure_pops
from bench.printing import table
from bench.processes import in_group, is_process, spent, uses
from bench.webcti import measure_webcti
from tests.box import Bridge
from tests.center import Plan
from tests.sip.network import Host

PLAN = Plan(box="10.96.0.10", carrier="10.96.0.21", mass_callers="10.96.0.22")
PHONES, PEER, PEER_CALLERS, PEER_PHONES, ATTACKER = (f"10.96.0.{last}" for last in (23, 30, 31, 32, 40))
RATES = (10, 20, 30, 40, 60, 80, 100, 120)
PARTS = ("acd", "etcd", "cpu", "talks", "pop", "webcti", "flood", "climb")
TALKS = Load(rate=1.6, calls=72, talk_seconds=45.0)
"""Talks as long as people talk, in as many of the 80 telephones as that needs. Each side takes 90 s."""
SETTLE_SECONDS = 3.0


@dataclass
class Sample:
    """CPU seconds per 1,000 calls, by program, of one run."""

    by_program: dict[str, float]
    failed: int

    @property
    def total(self) -> float:
        return sum(self.by_program.values())


@dataclass
class Side:
    """One of the two that are compared."""

    name: str
    callers: Host
    phones: Host
    target: str
    number: str
    wanted: object
    samples: list[Sample] = field(default_factory=list)
    sustained: float = 0.0

    async def run(self, load: Load) -> Sample:
        async with calls.agents(self.phones, load.talk_seconds):
            before = uses(self.wanted)  # type: ignore[arg-type]
            outcome = await calls.place(self.callers, self.target, self.number, load)
            await asyncio.sleep(SETTLE_SECONDS)
        used = spent(before, uses(self.wanted))  # type: ignore[arg-type]
        per_thousand = {name: seconds * 1000 / load.calls for name, seconds in used.items()}
        return Sample(per_thousand, outcome.tally.failed + load.calls - outcome.tally.created)

    async def climb(self, seconds: float) -> None:
        """Raise the rate until calls fail; remember the last that went without trouble."""
        for rate in RATES:
            sample = await self.run(Load(rate, round(rate * seconds)))
            print(f"  {self.name}: {rate} calls/s, {sample.failed} failed, CPU {sample.total * rate / 1000:.2f} cores")
            if sample.failed:
                return
            self.sustained = rate


def print_cpu(plain: Side, ours: Side, load: Load) -> None:
    rows = []
    for side in (plain, ours):
        names = sorted({name for sample in side.samples for name in sample.by_program})
        for name in names:
            median = statistics.median(sample.by_program.get(name, 0.0) for sample in side.samples)
            if median >= 0.05:
                rows.append([side.name, name, f"{median:.2f}"])
        total = statistics.median(sample.total for sample in side.samples)
        rows.append([side.name, "all", f"{total:.2f}"])
    pairs = [b.total / a.total for a, b in zip(plain.samples, ours.samples, strict=True)]
    talk = f"talks of {load.talk_seconds:g} s, {load.rate:g} calls a second"
    table(f"CPU seconds per 1,000 calls, {talk} (median of runs, A B A B …)", ["side", "program", "CPU s"], rows)
    print(f"  ratio ours / plain: median {statistics.median(pairs):.2f}, {min(pairs):.2f} to {max(pairs):.2f}")
    for side in (plain, ours):
        print(f"  {side.name}: failed calls {sum(sample.failed for sample in side.samples)}")


def print_memory(box: OurBox) -> None:
    found = uses(in_group(f"box-{box.box.name}"))
    rows = [[name, f"{use.memory_mib:.0f}"] for name, use in sorted(found.items()) if use.memory_mib >= 1]
    table("memory after the calls", ["program", "PSS MiB"], rows)


async def compare_cpu(plain: Side, ours: Side, runs: int, load: Load) -> None:
    for side in (plain, ours):
        side.samples.clear()
    for _ in range(runs):
        for side in (plain, ours):
            side.samples.append(await side.run(load))
    print_cpu(plain, ours, load)


async def answered(ours: Side, measuring: Awaitable[None]) -> None:
    """Measure while our agents' telephones answer."""
    async with calls.agents(ours.phones):
        await measuring


async def compare_rates(plain: Side, ours: Side, seconds: float) -> None:
    print("\nhighest rate without a failed call")
    for side in (plain, ours):
        await side.climb(seconds)
    table("sustained", ["side", "calls/s"], [[side.name, str(side.sustained)] for side in (plain, ours)])


async def compare(options: argparse.Namespace, bridge: Bridge) -> None:
    hosts = {
        address: Host(bridge.name, address)
        for address in (PLAN.mass_callers, PHONES, PEER, PEER_CALLERS, PEER_PHONES, ATTACKER)
    }
    folder = Path(tempfile.mkdtemp(prefix="plain-asterisk-"))
    try:
        async with (
            our_box(bridge, PLAN) as box,
            PlainAsterisk(hosts[PEER], folder, 80, PEER_PHONES, PEER_CALLERS) as peer,
        ):
            desks = await box.staff(hosts[PHONES], desks=20)
            plain = Side("plain", hosts[PEER_CALLERS], hosts[PEER_PHONES], PEER, "100", is_process(peer.process.pid))
            place = (hosts[PLAN.mass_callers], hosts[PHONES], PLAN.box, FLOW_NUMBER)
            ours = Side("ours", *place, in_group(f"box-{box.box.name}"))
            for side in (plain, ours):
                await side.run(Load(5, 10))
            parts: dict[str, Callable[[], Awaitable[None]]] = {
                "cpu": lambda: compare_cpu(plain, ours, options.runs, Load(options.rate, options.calls)),
                "talks": lambda: compare_cpu(plain, ours, options.runs, TALKS),
                "pop": lambda: answered(ours, measure_pops(box, bridge, ours.callers, QUEUE_NUMBER, desks)),
                "webcti": lambda: answered(ours, measure_webcti(box)),
                "flood": lambda: answered(ours, measure_flood(box, bridge, ours.callers, hosts[ATTACKER])),
                "climb": lambda: compare_rates(plain, ours, options.climb_seconds),
            }
            for name, measure in parts.items():
                if name in options.parts:
                    await box.register(hosts[PHONES])
                    await measure()
            print_memory(box)
            for desk in desks:
                await desk.disconnect()
    finally:
        for host in hosts.values():
            host.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--climb-seconds", type=float, default=5.0)
    options = parser.parse_args()
    started = time.monotonic()
    if "acd" in options.parts:
        rows, verdict = acd.measure()
        table("ACD decisions, 500 agents, 200 waiting", ["event", "times", "p50 ms", "p99 ms", "longest"], rows)
        print(verdict)
    if "etcd" in options.parts:
        rows = asyncio.run(etcd.measure())
        table("etcd, three members, the leader is not the one asked", ["request", "who", "p50 ms", "p95 ms", "n"], rows)
    if set(options.parts) - {"acd", "etcd"}:
        with Bridge("hccbench", "10.96.0.1/24") as bridge:
            asyncio.run(compare(options, bridge))
    print(f"\n{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
