"""What processes use, from /proc: CPU seconds and memory, summed by program."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    cpu_seconds: float
    memory_mib: float
    """Proportional share (PSS), so that shared pages count once."""


def in_group(name: str) -> Callable[[Path], bool]:
    """Processes below the control group `name`."""

    def inside(process: Path) -> bool:
        return f"/{name}" in (process / "cgroup").read_text()

    return inside


def is_process(number: int) -> Callable[[Path], bool]:
    return lambda process: process.name == str(number)


def uses(wanted: Callable[[Path], bool]) -> dict[str, Use]:
    """Use by program of all processes that are `wanted`."""
    cpu: dict[str, float] = defaultdict(float)
    memory: dict[str, float] = defaultdict(float)
    for process in _processes():
        try:
            if not wanted(process):
                continue
            name = _name(process)
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            cpu[name] += (int(fields[11]) + int(fields[12])) / TICKS
            memory[name] += _pss_mib(process)
        except FileNotFoundError, ProcessLookupError, PermissionError:
            continue
    return {name: Use(cpu[name], memory[name]) for name in cpu}


def spent(before: dict[str, Use], after: dict[str, Use]) -> dict[str, float]:
    """CPU seconds by program between two readings; programs that used none are left out."""
    grown = {name: use.cpu_seconds - before.get(name, Use(0, 0)).cpu_seconds for name, use in after.items()}
    return {name: seconds for name, seconds in grown.items() if seconds > 0.005}


def _processes() -> Iterator[Path]:
    return (path for path in Path("/proc").iterdir() if path.name.isdigit())


def _name(process: Path) -> str:
    words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    for word in words:
        if word.startswith("appliance.programs."):
            return word.removeprefix("appliance.programs.")
    return (process / "comm").read_text().strip()


def _pss_mib(process: Path) -> float:
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
