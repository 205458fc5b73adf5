"""What is measured while the soak runs: how late boards are, what call control uses."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field

from bench.processes import Use, in_group, uses
from tests.center import Center
from tests.desk_client import DeskClient, Document

LOOK_SECONDS = 10.0
LEAST_READINGS = 24
PROGRAM = "desk"


@dataclass
class Delays:
    """Milliseconds from a change of an agent's state to its message on a board."""

    values: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, round(len(ordered) * share))] if ordered else 0.0

    def __str__(self) -> str:
        if not self.values:
            return "none seen"
        middle = statistics.median(self.values)
        return (
            f"p50 {middle:.0f} ms, p95 {self.at(0.95):.0f} ms, longest {max(self.values):.0f} ms, n {len(self.values)}"
        )


class Board(DeskClient):
    """A manager's board. `since` of an agent's state is when it changed, on the box's clock, which is ours too."""

    delays: Delays
    measured = False

    def _change(self, change: Document) -> None:
        agent = change.get("agent")
        if agent is not None and self.measured:
            before = self.agents.get(agent["id"], {})
            if (before.get("state"), before.get("since")) != (agent["state"], agent["since"]):
                self.delays.values.append(time.time() * 1000 - agent["since"])
        super()._change(change)


async def watch(boards: list[Board], delays: Delays) -> None:
    """For ever: keep the boards connected, forget what was seen. Nothing is measured while one comes back."""
    for board in boards:
        board.delays, board.measured = delays, True
    while True:
        await asyncio.sleep(1)
        for board in boards:
            board.seen.clear()
            if board.closed_with is not None:
                board.measured = False
                await board.reconnect(60)
                board.measured = True


@dataclass(frozen=True, slots=True)
class Reading:
    at: float
    use: Use


def read(center: Center) -> Reading:
    used = uses(in_group(f"box-{center.box.name}"))
    return Reading(time.monotonic(), used.get(PROGRAM, Use(0, 0)))


@dataclass
class Usage:
    """Readings of call control; a kill begins a new row of them, for it begins at nothing."""

    rows: list[list[Reading]] = field(default_factory=lambda: [[]])

    async def follow(self, center: Center) -> None:
        while True:
            self.rows[-1].append(read(center))
            await asyncio.sleep(LOOK_SECONDS)

    def restarted(self) -> None:
        self.rows.append([])

    def cores(self) -> float:
        pairs = [(row[0], row[-1]) for row in self.rows if len(row) > 1]
        seconds = sum(last.at - first.at for first, last in pairs)
        spent = sum(last.use.cpu_seconds - first.use.cpu_seconds for first, last in pairs)
        return spent / seconds if seconds else 0.0

    def memory(self) -> tuple[float, float]:
        """PSS in MiB at the first and the last reading of the longest row."""
        row = max(self.rows, key=len)
        return (row[0].use.memory_mib, row[-1].use.memory_mib) if row else (0.0, 0.0)

    def growth(self) -> str:
        """MiB an hour by least squares over the second half of the longest row, when everything has warmed up."""
        row = max(self.rows, key=len)
        half = row[len(row) // 2 :]
        if len(half) < LEAST_READINGS:
            return "too short to say: run ten minutes or more without kills"
        slope, _ = statistics.linear_regression(
            [reading.at for reading in half], [reading.use.memory_mib for reading in half]
        )
        return f"{slope * 3600:+.1f} MiB an hour (second half)"
