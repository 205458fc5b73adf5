"""Changes of who leads: what is kept of each, and its time line. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec

from appliance.clock import Millis
from appliance.ha.agent.status import Moment, Passage
from appliance.ha.decision.model import SERVING, Cause, State

LEFT_MS = 120_000
"""A step down that long before a campaign did not lead to it."""


class Point(StrEnum):
    """What a time line tells."""

    STEPPED_DOWN = "stepped_down"
    NOBODY_LED = "nobody_led"
    CAMPAIGNED = "campaigned"
    WON = "won"
    PROMOTING = "promoting"
    OPENING = "opening"
    SERVICES = "services"
    SERVING = "serving"
    FIRST_CALL = "first_call"


POINTS = {
    "WON": Point.WON,
    "FORCED": Point.WON,
    "PROMOTING": Point.PROMOTING,
    "RECORDING_SOLE": Point.OPENING,
    "OPENING": Point.OPENING,
    "STARTING_SERVICES": Point.SERVICES,
}
"""Names of `Why`, as the agent entered them while it took over."""


class Failover(msgspec.Struct, frozen=True):
    """One change of who leads. Times are wall times of the box that took over, but `left_at`."""

    epoch: int
    node: str
    cause: Cause
    at: Millis
    """When it campaigned."""
    gone_ms: int | None = None
    """How long nobody had led by then, as it saw."""
    active_after_ms: int | None = None
    """From the campaign to serving; None: not yet, or never."""
    moments: tuple[Moment, ...] = ()
    left_at: Millis | None = None
    """When the box before it stepped down, by its own clock."""
    first_call_at: Millis | None = None
    """When the first call after it came."""

    @property
    def id(self) -> str:
        """Epochs begin anew with a new cluster; two boxes do not campaign in one millisecond."""
        return f"{self.at}-{self.node}"

    @property
    def began_at(self) -> Millis:
        """As early as anybody noticed."""
        return self.left_at if self.left_at is not None else self.at - (self.gone_ms or 0)

    @property
    def gap_ms(self) -> int | None:
        """How long nobody served, as far as the boxes know: one that died was missed only when its lease ended."""
        if self.active_after_ms is None:
            return None
        return max(0, self.at + self.active_after_ms - self.began_at)

    def points(self) -> tuple[tuple[Point, int], ...]:
        """In ms after the beginning, in order."""
        found = dict(self._points())
        return tuple(sorted(((point, at - self.began_at) for point, at in found.items()), key=lambda one: one[1]))

    def _points(self) -> Iterator[tuple[Point, Millis]]:
        if self.left_at is not None:
            yield Point.STEPPED_DOWN, self.left_at
        if self.gone_ms is not None:
            yield Point.NOBODY_LED, self.at - self.gone_ms
        yield Point.CAMPAIGNED, self.at
        named = [(POINTS[one.step], self.at + one.after_ms) for one in self.moments if one.step in POINTS]
        yield from reversed(named)  # the first of a kind counts
        if self.active_after_ms is not None:
            yield Point.SERVING, self.at + self.active_after_ms
        if self.first_call_at is not None:
            yield Point.FIRST_CALL, self.first_call_at


def failovers(history: Sequence[Passage]) -> tuple[Failover, ...]:
    """Latest first, as the agent reports them; what follows one is what came before it."""
    if not history:
        return ()
    pairs = [(one, earlier) for one, earlier in pairwise(history)]
    return (*(_failover(one, earlier) for one, earlier in pairs), _failover(history[-1], None))


def _failover(one: Passage, earlier: Passage | None) -> Failover:
    return Failover(
        epoch=one.epoch,
        node=one.node,
        cause=one.cause,
        at=one.wall_ms,
        gone_ms=one.gone_ms,
        active_after_ms=one.active_after_ms,
        moments=_taking_over(one.stages),
        left_at=_left_at(one, earlier),
    )


def _taking_over(stages: Sequence[Moment]) -> tuple[Moment, ...]:
    """Up to where it served; what followed belongs to the next."""
    served = next((number for number, one in enumerate(stages) if one.state in SERVING), len(stages))
    return tuple(stages[: served + 1])


def _left_at(one: Passage, earlier: Passage | None) -> Millis | None:
    """When the leader before it told that it stepped down, if that led to this."""
    if earlier is None:
        return None
    left = [moment.wall_ms for moment in earlier.stages if moment.state is State.DEMOTE]
    return left[-1] if left and 0 <= one.wall_ms - left[-1] < LEFT_MS else None
