"""`make bench-ha ARGS="--runs 5 --faults power-off planned"`: exit status 0 when every aim that was tried is met."""

import argparse
import random
import sys
import time
from collections import defaultdict

from bench.ha import results
from bench.ha.faults import FAULTS, Fault
from bench.ha.ground import Ground
from bench.ha.trial import Figures, Trial
from tests.box import BoxError

BRIDGE = "hccbenchha"


def tell(text: str) -> None:
    print(f"  {text}", flush=True)


def told(figures: Figures) -> str:
    times = ", ".join(f"{name} {figure(figures)} ms" for name, figure in results.TIMES.items())
    return f"{times}, {figures.lost} writes lost, whole after {figures.whole_after / 1000:.1f} s"


def try_out(wanted: list[Fault], runs: int, seed: int) -> dict[str, list[Figures]]:
    """Each fault so many times. What stops half-way tells what it has."""
    found: dict[str, list[Figures]] = defaultdict(list)
    chance = random.Random(seed)
    with Ground(BRIDGE, tell) as ground:
        try:
            for fault in wanted:
                for number in range(1, runs + 1):
                    figures = Trial(ground, fault).run(chance)
                    found[fault.name].append(figures)
                    tell(f"{fault.name} {number}: {told(figures)}")
        except BaseException:
            results.show(found)
            raise
    return found


def parse() -> argparse.Namespace:
    names = [fault.name for fault in FAULTS]
    parser = argparse.ArgumentParser(prog="make bench-ha ARGS=…", description=__doc__)
    parser.add_argument("--faults", nargs="+", choices=names, default=names)
    parser.add_argument("--runs", type=int, default=5, help="of each fault")
    parser.add_argument("--seed", type=int, default=1, help="of the instants")
    return parser.parse_args()


def main() -> int:
    options = parse()
    began = time.monotonic()
    try:
        found = try_out([fault for fault in FAULTS if fault.name in options.faults], options.runs, options.seed)
    except BoxError as error:
        print(error)
        return 1
    results.show(found)
    passed = results.judged(found)
    print(f"{'passed' if passed else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
