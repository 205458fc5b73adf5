"""The figures of all runs: as a table, and whether the aims are met."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.ha.faults import FAULTS
from bench.ha.trial import Figures
from bench.printing import table

type Results = Mapping[str, Sequence[Figures]]
type Figure = Callable[[Figures], int]

LABELS = {fault.name: fault.label for fault in FAULTS}
TIMES: dict[str, Figure] = {
    "address gap": lambda run: run.address_gap,
    "write gap": lambda run: run.write_gap,
    "call answered": lambda run: run.call_gap,
    "page": lambda run: run.page_gap,
    "agent back": lambda run: run.desk_gap,
}
COUNTS = ("calls failed", "called back", "writes lost", "doubled ms")


def seconds(values: Sequence[int]) -> str:
    """Median and worst."""
    return f"{statistics.median(values) / 1000:.1f} / {max(values) / 1000:.1f}"


def _row(name: str, runs: Sequence[Figures]) -> list[str]:
    asked = sum(run.to_call_back for run in runs)
    return [
        LABELS[name],
        str(len(runs)),
        *(seconds([figure(run) for run in runs]) for figure in TIMES.values()),
        str(sum(run.unanswered for run in runs)),
        f"{sum(run.called_back for run in runs)} of {asked}" if asked else "–",
        f"{sum(run.lost for run in runs)} of {sum(run.acknowledged for run in runs)}",
        str(sum(run.doubled for run in runs)),
    ]


def told(figures: Figures) -> str:
    times = ", ".join(f"{name} {figure(figures)} ms" for name, figure in TIMES.items())
    return f"{times}, {figures.lost} writes lost, whole after {figures.whole_after / 1000:.1f} s"


def show(results: Results) -> None:
    rows = [_row(name, runs) for name, runs in results.items() if runs]
    if not rows:
        return
    table("whole boxes (seconds: median / worst)", ["fault", "n", *TIMES, *COUNTS], rows)
    print(f"  whole again without a hand: {seconds([run.whole_after for run in _all(results)])} s after it was mended")
    for remark in sorted({remark for run in _all(results) for remark in run.remarks}):
        print(f"  ! {remark}")


def _all(results: Results) -> Iterable[Figures]:
    return [run for runs in results.values() for run in runs]


# -- the aims ------------------------------------------------------------------------------------------------


def aims(results: Results) -> dict[str, bool]:
    """Those that these results can tell of, and whether they are met."""
    found = {
        "no acknowledged write lost": not any(run.lost for run in _all(results)),
        "the address never on two boxes": not any(run.doubled for run in _all(results)),
        "agents as they were": not any(run.remarks for run in _all(results)),
    }
    for name, runs in results.items():
        for what, judge in AIMS.get(name, {}).items():
            if runs:
                found[f"{LABELS[name]}: {what}"] = judge(runs)
    return found


def _worst(figure: str, limit_ms: int) -> Callable[[Sequence[Figures]], bool]:
    return lambda runs: max(TIMES[figure](run) for run in runs) <= limit_ms


def _takes_over(runs: Sequence[Figures]) -> bool:
    times = [run.call_gap for run in runs]
    return statistics.median(times) <= 8_000 and max(times) <= 11_000


_BACK_IN_PLACE = {"a call within 5 s": _worst("call answered", 5_000)}
_UNNOTICED = {
    "every call answered": lambda runs: not any(run.unanswered for run in runs),
    "writes within 2.5 s": _worst("write gap", 2_500),
}
AIMS: dict[str, dict[str, Callable[[Sequence[Figures]], bool]]] = {
    "power-off": {"a call within 8 s, worst 11 s": _takes_over},
    "planned": {"writes within 1 s": _worst("write gap", 1_000)},
    "desk": _BACK_IN_PLACE,
    "asterisk": _BACK_IN_PLACE,
    "witness": _UNNOTICED,
    "standby": _UNNOTICED,
}


def judged(results: Results) -> bool:
    """Prints each aim; True: all are met."""
    verdicts = aims(results)
    for what, is_met in verdicts.items():
        print(f"  {'met   ' if is_met else 'MISSED'}  {what}")
    return all(verdicts.values())
