"""A program floods WebCTI: how soon do agents' telephones ring then, beside when nobody does?"""

import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench import calls
from bench.calls import Load
from bench.ours import QUEUE_NUMBER, OurBox
from bench.processes import in_group, spent, uses
from bench.sniffer import Invite, Sniffer
from tests.box import Bridge
from tests.sip.network import Host, end_process
from tests.webcti_client import known_keys

LOAD = Load(5, 150)
FLOOD_SECONDS = LOAD.calls / LOAD.rate + 4
RUNS = 4
"""Each idle, then flooded: 600 calls a side, so that the 99th percentile is not one call's luck."""
BEARABLE = 1.5


@dataclass(frozen=True, slots=True)
class Outcome:
    set_up_ms: list[float]
    failed: int
    cpu: dict[str, float]
    """Cores used, by program of the box."""
    waited: float
    """Part of the time in which something on this machine waited for a processor."""


def set_up_times(invites: list[Invite]) -> list[float]:
    """From each caller's INVITE until the first INVITE to an agent's telephone, in ms; both cross the bridge."""
    arrivals = {invite.caller: invite.at for invite in reversed(invites) if not invite.call}
    rung = {invite.caller: invite.at for invite in reversed(invites) if invite.call}
    return [(rung[caller] - at) * 1000 for caller, at in arrivals.items() if caller in rung]


async def _measure(box: OurBox, bridge: Bridge, callers: Host) -> Outcome:
    group = in_group(f"box-{box.box.name}")
    before, started, stalled = uses(group), time.monotonic(), _stalled()
    with Sniffer(bridge.name) as sniffer:
        outcome = await calls.place(callers, box.plan.box, QUEUE_NUMBER, LOAD)
        await asyncio.sleep(0.5)
    cpu = {name: seconds / outcome.seconds for name, seconds in spent(before, uses(group)).items()}
    failed = outcome.tally.failed + LOAD.calls - outcome.tally.created
    waited = (_stalled() - stalled) / (time.monotonic() - started)
    return Outcome(set_up_times(sniffer.invites), failed, cpu, waited)


def _stalled() -> float:
    """Seconds so far in which something waited for a processor (pressure stall information)."""
    return int(Path("/proc/pressure/cpu").read_text().split()[4].removeprefix("total=")) / 1e6


async def _flooded(box: OurBox, bridge: Bridge, callers: Host, attacker: Host, key: str) -> tuple[Outcome, str]:
    words = (sys.executable, "-m", "bench.flooding", box.box.address, key, str(FLOOD_SECONDS))
    process = await asyncio.create_subprocess_exec(*attacker.command(*words), stdout=asyncio.subprocess.PIPE)
    try:
        await asyncio.sleep(1)
        outcome = await _measure(box, bridge, callers)
        assert process.stdout is not None
        async with asyncio.timeout(FLOOD_SECONDS + 30):
            told = json.loads(await process.stdout.read())
    finally:
        await end_process(process)
    rate = sum(told["answers"].values()) / told["seconds"]
    return outcome, f"{rate:.0f} answers a second {told['answers']}, sockets {told['sockets']}"


def _row(name: str, values: list[float]) -> str:
    return (
        f"  {name:8} p50 {statistics.median(values):7.1f} ms   p99 {percentile(values, 99):7.1f} ms"
        f"   longest {max(values):7.1f} ms   n {len(values)}"
    )


def percentile(values: list[float], wanted: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[wanted - 1]


def _cpu(outcomes: list[Outcome]) -> str:
    names = sorted({name for outcome in outcomes for name in outcome.cpu})
    mean = {name: statistics.fmean(outcome.cpu.get(name, 0.0) for outcome in outcomes) for name in names}
    return ", ".join(f"{name} {cores:.2f}" for name, cores in mean.items() if cores >= 0.01)


async def measure_flood(box: OurBox, bridge: Bridge, callers: Host, attacker: Host) -> None:
    key = (await known_keys(box.box, {"keys": [{"name": "flood", "per_second": 20}]}))["flood"]
    idle, flooded, told = [], [], ""
    for _ in range(RUNS):
        idle.append(await _measure(box, bridge, callers))
        outcome, told = await _flooded(box, bridge, callers, attacker, key)
        flooded.append(outcome)
    print("\na program floods WebCTI: from the caller's INVITE to the INVITE at the agent's telephone")
    print(f"  {LOAD.rate:.0f} calls a second; the flood: {told}")
    quiet, loud = ([value for outcome in side for value in outcome.set_up_ms] for side in (idle, flooded))
    print(_row("idle", quiet))
    print(_row("flooded", loud))
    ratios = [percentile(loud, wanted) / percentile(quiet, wanted) for wanted in (50, 99)]
    verdict = "holds" if ratios[1] <= BEARABLE else "MISSED"
    print(f"  ratio p50 {ratios[0]:.2f}, p99 {ratios[1]:.2f} (aim {BEARABLE}: {verdict})")
    print(f"  failed calls: idle {sum(one.failed for one in idle)}, flooded {sum(one.failed for one in flooded)}")
    waits = [statistics.fmean(one.waited for one in side) for side in (idle, flooded)]
    print(f"  time in which something waited for a processor: idle {waits[0]:.0%}, flooded {waits[1]:.0%}")
    print(f"  cores: idle {_cpu(idle)}; flooded {_cpu(flooded)}")
