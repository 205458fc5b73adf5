"""One fault and what people outside see of it."""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from appliance.clock import boot_ms
from bench.ha.faults import Fault, Moves
from bench.ha.ground import AT_TABLE, Ground
from tests.box import BoxError, wait_until
from tests.center import QUEUE_DID, TOKEN
from tests.ha.address_lab import Answers
from tests.ha.at_desk import AtDesk
from tests.ha.holding import Holding, doubled_ms
from tests.ha.outside import PATIENCE_MS, Callers, Reader, Waiting, Writer, longest_gap
from tests.ha.whole import BOXES, WITNESS

WATCH_MS = 6_000
"""Longer than the lease: whatever the fault does to the pair begins in this time."""
SERVED_SECONDS = 60.0
SETTLED_SECONDS = 30.0


@dataclass
class Figures:
    """ms, but for counts."""

    address_gap: int = 0
    write_gap: int = 0
    call_gap: int = 0
    page_gap: int = 0
    desk_gap: int = 0
    called_back: int = 0
    to_call_back: int = 0
    lost: int = 0
    doubled: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    """Calls begun after the fault that nobody answered in PATIENCE_MS, or that were refused."""
    whole_after: int = 0
    remarks: list[str] = field(default_factory=list)


class Trial:
    """Everybody who looks on while one fault happens."""

    def __init__(self, ground: Ground, fault: Fault) -> None:
        pair, service = ground.pair, ground.pair.service
        self._ground, self._fault = ground, fault
        self._active = pair.active()
        self._standby = pair.other(self._active)
        self._target = fault.target(self._active, self._standby, WITNESS)
        series = ground.next_series()
        self._answers = Answers(ground.watching, service)
        self._callers = Callers(ground.carrier, service, ground.number, series=series)
        self._waiting = Waiting(ground.carrier, service, QUEUE_DID, series=series)
        self._reader = Reader(f"{pair.url}/login")
        self._writer = Writer()
        self._desk = AtDesk(service, f"{TOKEN}-agent1", **AT_TABLE)
        self._holding: dict[str, Holding] = {}

    def run(self, chance: random.Random) -> Figures:
        """Raises BoxError when the pair does not serve again, or not with two boxes."""
        figures = Figures()
        with self._written():
            with self._looked_on():
                self._all_is_well()
                time.sleep(chance.random())  # of the lease's and the callers' seconds
                struck = boot_ms()
                ending = self._strike()
                until = self._served_again(struck)
                ending()
            self._measure(figures, struck, until)
            healed = boot_ms()
            self._fault.heal(self._ground.box(self._target))
            self._ground.whole()
            figures.whole_after = boot_ms() - healed
        self._account(figures)
        return figures

    # -- around it -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        """While the fault lasts and after it is undone: writes, and who holds the address."""
        with contextlib.ExitStack() as around:
            for name in BOXES:
                box = self._ground.box(name)
                around.enter_context(self._writer.on(box))
                self._holding[name] = Holding(box.network, self._ground.pair.service)
                around.callback(self._holding[name].end)
            yield

    @contextlib.contextmanager
    def _looked_on(self) -> Iterator[None]:
        with contextlib.ExitStack() as around:
            for block in (self._answers.watched(), self._reader.watching(), self._desk.watching()):
                around.enter_context(block)
            around.enter_context(self._callers.watching())
            around.enter_context(self._waiting.watching())
            yield

    def _all_is_well(self) -> None:
        began = boot_ms()
        seen: dict[str, Callable[[], object]] = {
            "a call is answered": lambda: self._callers.first_answered(began),
            "a call waits": lambda: self._waiting.answered,
            "a page is shown": lambda: self._reader.got,
            "a write is acknowledged": lambda: self._writer.acknowledged,
            "the agent is at her desk": lambda: self._desk.back,
            "the address is held": lambda: self._holding[self._active].holds,
        }
        for what, is_so in seen.items():
            self._wait(is_so, SETTLED_SECONDS, f"before: {what}")

    def _strike(self) -> Callable[[], None]:
        """Returns how to wait for what was asked for; a command ends only after what it did."""
        thread = threading.Thread(target=self._fault.strike, args=(self._ground.box(self._target),))
        thread.start()
        if self._fault.without_power:
            thread.join(30)
            if self._target in self._holding:
                self._holding[self._target].end()
        return lambda: thread.join(60)

    # -- the end of it -------------------------------------------------------------------------------------

    def _served_again(self, struck: int) -> int:
        """Until everybody outside has what they want, from the box that shall give it; when that was."""
        moved = struck + WATCH_MS
        if self._fault.moves is Moves.YES:
            other = self._holding[self._standby]
            self._wait(lambda: other.holds, SERVED_SECONDS, "the other box has the address")
            moved = max(moved, other.since)
        seen: dict[str, Callable[[], object]] = {
            "somebody answers for the address": lambda: self._answers.heard[-1][0] > moved,
            "a write is acknowledged": lambda: self._writer.times[-1] > moved,
            "a call is answered": lambda: self._callers.first_answered(moved),
            "a page is shown": lambda: self._reader.got[-1] > moved,
            "the agent is back at her desk": lambda: self._desk.heard > moved,
        }
        for what, is_so in seen.items():
            self._wait(is_so, SERVED_SECONDS, what)
        return boot_ms()

    def _wait(self, is_so: Callable[[], object], seconds: float, what: str) -> None:
        try:
            wait_until(is_so, seconds, what, pause=0.02)
        except BoxError as error:
            pair = self._ground.pair
            raise BoxError(f"{self._fault.name}: {error}\n{pair.status()}\n{pair.story()}") from None

    def _measure(self, figures: Figures, struck: int, until: int) -> None:
        figures.address_gap = longest_gap([at for at, _ in self._answers.heard], struck, until)
        figures.write_gap = longest_gap(self._writer.times, struck, until)
        figures.call_gap = longest_gap(sorted(one.answered for one in self._callers.answered), struck, until)
        since = [one for one in self._callers.attempts if struck < one.begun < until - PATIENCE_MS]
        figures.unanswered = sum(not one.answered for one in since)
        figures.page_gap = longest_gap(self._reader.got, struck, until)
        back = [at for at in self._desk.back if struck < at]
        figures.desk_gap = back[-1] - struck if back else 0
        figures.remarks += [f"the agent came back as {change}" for change in self._desk.changed]

    def _account(self, figures: Figures) -> None:
        """What became of everything that was promised."""
        center = self._ground.center()
        rows = {row for row, _ in self._writer.acknowledged}
        first = min(rows)
        kept = {row["at"] for row in center.query(f"SELECT at FROM outside WHERE at >= {first}")}
        figures.acknowledged, figures.lost = len(rows), len(rows - kept)
        figures.doubled = doubled_ms(*(holding.spans for holding in self._holding.values()))
        if self._fault.moves is Moves.YES:
            figures.to_call_back = 1
            tickets = center.query("SELECT id FROM callback WHERE number = :n", {"n": self._waiting.caller})
            figures.called_back = min(1, len(tickets))
