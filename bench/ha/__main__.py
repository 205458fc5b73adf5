"""`make bench-ha ARGS="--runs 5 --faults power-off planned"`: exit status 0 when every aim that was tried is met."""

import argparse
import random
import sys
import time
from collections import defaultdict

from bench.ha import results
from bench.ha.faults import FAULTS, Fault
from bench.ha.ground import Ground
from bench.ha.keepalived import STRIKES, Gaps, Keepalived, rows
from bench.ha.trial import Figures, Trial
from bench.printing import table
from tests.box import BoxError

BRIDGE = "hccbenchha"


def tell(text: str) -> None:
    print(f"  {text}", flush=True)


def try_out(ground: Ground, wanted: list[Fault], runs: int, chance: random.Random) -> dict[str, list[Figures]]:
    """Each fault so many times. What stops half-way tells what it has."""
    found: dict[str, list[Figures]] = defaultdict(list)
    try:
        for fault in wanted:
            for number in range(1, runs + 1):
                figures = Trial(ground, fault).run(chance)
                found[fault.name].append(figures)
                tell(f"{fault.name} {number}: {results.told(figures)}")
    except BaseException:
        results.show(found)
        raise
    return found


def try_peer(ground: Ground, wanted: list[Fault], runs: int, chance: random.Random) -> dict[str, list[Gaps]]:
    """The same of keepalived, as far as it can have them. A run without a take-over is told of, not counted."""
    found: dict[str, list[Gaps]] = defaultdict(list)
    with Keepalived(ground.pair.bridge.name, ground.watching) as peer:
        for name in (fault.name for fault in wanted if fault.name in STRIKES):
            for _ in range(runs):
                try:
                    found[name].append(peer.run(name, chance))
                except BoxError as error:
                    tell(f"{error}\n{peer.log()}")
    return found


def bench(options: argparse.Namespace) -> bool:
    wanted = [fault for fault in FAULTS if fault.name in options.faults]
    chance = random.Random(options.seed)
    with Ground(BRIDGE, tell) as ground:
        found = try_out(ground, wanted, options.runs, chance)
        gaps = {} if options.no_peer else try_peer(ground, wanted, options.runs, chance)
    results.show(found)
    if gaps:
        head = ["fault", "n", "address gap", "address doubled"]
        table("keepalived on the same bridge (seconds: median / worst)", head, rows(gaps, results.seconds))
    return results.judged(found)


def parse() -> argparse.Namespace:
    names = [fault.name for fault in FAULTS]
    parser = argparse.ArgumentParser(prog="make bench-ha ARGS=…", description=__doc__)
    parser.add_argument("--faults", nargs="+", choices=names, default=names)
    parser.add_argument("--runs", type=int, default=5, help="of each fault")
    parser.add_argument("--no-peer", action="store_true", help="without keepalived")
    parser.add_argument("--seed", type=int, default=1, help="of the instants")
    return parser.parse_args()


def main() -> int:
    options = parse()
    began = time.monotonic()
    try:
        passed = bench(options)
    except BoxError as error:
        print(error)
        return 1
    print(f"{'passed' if passed else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
