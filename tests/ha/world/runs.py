"""Random schedules of faults against the real decisions: `python -m tests.ha.world.runs --schedules 5000`.

A seed gives the same run every time: `--seed 4711 --trace` tells its story.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from appliance.ha.decision.timing import Timing
from tests.ha.world.checks import ViolationError
from tests.ha.world.faults import COUNTS, KINDS, Fault, random_schedule, strike
from tests.ha.world.world import World

USUAL = Timing()
HEALED_MS = 150_000
"""I12: the pair is whole again so long after the last fault, without a person."""
PLANNED = frozenset({"switch-over", "maintenance"})
"""Of either box; of the active one it means a switch-over."""


class Outcome(NamedTuple):
    seed: int
    begin: str
    schedule: tuple[Fault, ...]
    events: int
    address_gap: int
    write_gap: int
    takeovers: int
    double_ms: int
    """Address held by both after a virtual machine was paused: known, and not to be had better by clocks alone."""
    broken: str
    """The invariant that was broken, or nothing."""
    story: tuple[str, ...]


def run(seed: int, schedule: Sequence[Fault], begin: str = "running", timing: Timing = USUAL) -> Outcome:
    """One schedule until the pair is whole again."""
    world = World(seed, timing)
    try:
        _play(world, schedule, begin)
        broken = ""
    except ViolationError as error:
        broken = str(error)
    checks = world.checks
    return Outcome(
        seed, begin, tuple(schedule), world.events, *checks.gaps(), checks.takeovers, checks.double_paused_ms, broken,
        tuple(checks.log),
    )  # fmt: skip


def _play(world: World, faults: Sequence[Fault], begin: str) -> None:
    {"running": world.begin_running, "cold": world.begin_cold, "new": world.begin_new}[begin]()
    for fault in faults:
        world.after(fault.at, lambda fault=fault: strike(world, fault))
    last = max((fault.at + fault.length for fault in faults), default=0) + 1_000
    world.run(last)
    _person_looks(world)
    while not world.checks.is_whole():
        if world.now > last + HEALED_MS:
            states = {box.name: str(box.memory.state) for box in world.boxes.values()}
            world.checks.broken("I12", f"not whole {HEALED_MS} ms after the last fault: {states} {world.etcd.sync}")
        world.run(world.now + 500)
    world.run(world.now + 1_500)
    world.checks.ended()


def _person_looks(world: World) -> None:
    """What no box may do by itself: clear a hold."""
    world.etcd.failovers.clear()
    if world.etcd.desired.hold:
        world.etcd.want(hold=False)


def limits_broken(outcome: Outcome) -> str:
    """I14 and I15 of a single fault."""
    if len(outcome.schedule) != 1 or outcome.broken or outcome.begin != "running":
        return ""
    fault = outcome.schedule[0]
    allowed = KINDS[fault.kind].gap_of_active if fault.target == "active" else 0
    if fault.kind in PLANNED:
        allowed = KINDS[fault.kind].gap_of_active
    if outcome.address_gap > allowed + 200:
        return f"I14: {outcome.address_gap} ms without address, {allowed} allowed"
    if allowed == 0 and "PostgreSQL" not in fault.kind and outcome.write_gap > 2_500:
        return f"I15: {outcome.write_gap} ms without an acknowledged write"
    return ""


def complaint(outcome: Outcome) -> str:
    return outcome.broken or limits_broken(outcome)


def told(outcome: Outcome) -> str:
    """Everything needed to see it again."""
    lines = [f"seed {outcome.seed}: {complaint(outcome)}", *(f"  {fault}" for fault in outcome.schedule)]
    return "\n".join((*lines, *outcome.story, f"again: python -m tests.ha.world.runs --seed {outcome.seed} --trace"))


def play(seed: int, kinds: Sequence[str] = (), counts: Sequence[int] = COUNTS) -> Outcome:
    """The schedule of a seed. Every other pair takes its standby back after two seconds, so that more happens."""
    begin = {0: "cold", 1: "new"}.get(seed % 20, "running")
    timing = Timing() if seed % 2 else Timing(joined_ms=2_000, stable_ms=2_000)
    return run(seed, random_schedule(random.Random(seed), kinds, counts), begin, timing)


class Summary(NamedTuple):
    schedules: int
    events: int
    faults: Counter[str]
    worst: dict[tuple[str, str], tuple[int, int]]
    """Of schedules with one fault only: longest time without address, and without a write. Several faults at once may
    take as long as they last."""
    takeovers: int
    double_ms: int
    failures: list[Outcome]

    def __str__(self) -> str:
        return (
            f"{self.schedules:,} schedules, {self.events:,} events, {self.faults.total():,} faults of"
            f" {len(self.faults)} kinds, {self.takeovers:,} take-overs, {len(self.failures)} broken;"
            f" address held twice 0 ms ({self.double_ms} ms after a pause that stops clocks)"
        )


def play_all(seeds: Sequence[int], most_failures: int = 3) -> Summary:
    events = takeovers = played = double = 0
    worst: dict[tuple[str, str], tuple[int, int]] = {}
    kinds: Counter[str] = Counter()
    failures = []
    for seed in seeds:
        outcome = play(seed)
        played += 1
        events += outcome.events
        takeovers += outcome.takeovers
        double = max(double, outcome.double_ms)
        kinds.update(fault.kind for fault in outcome.schedule)
        if len(outcome.schedule) == 1 and outcome.begin == "running":
            key = (outcome.schedule[0].kind, outcome.schedule[0].target)
            gap, writes = worst.get(key, (0, 0))
            worst[key] = (max(gap, outcome.address_gap), max(writes, outcome.write_gap))
        if complaint(outcome):
            failures.append(outcome)
            if len(failures) >= most_failures:
                break
    return Summary(played, events, kinds, worst, takeovers, double, failures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--failures", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.seed is not None:
        outcome = play(arguments.seed)
        print(told(outcome) if arguments.trace else complaint(outcome) or "nothing broken")
        return bool(complaint(outcome))
    began = time.monotonic()
    summary = play_all(range(arguments.first, arguments.first + arguments.schedules), arguments.failures)
    for failure in summary.failures:
        print(told(failure), end="\n\n")
    print(f"{'single fault':<40} {'no address':>10} {'no write':>10}  (worst, ms)")
    for (kind, target), (gap, writes) in sorted(summary.worst.items()):
        print(f"{kind + ' (' + target + ')':<40} {gap:>10} {writes:>10}")
    print(f"{summary}; {time.monotonic() - began:.1f} s")
    return bool(summary.failures)


if __name__ == "__main__":
    sys.exit(main())
