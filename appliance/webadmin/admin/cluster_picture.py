"""Who of the pair is connected with whom, and how a fail-over went. Templates only draw what is computed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.callcenter.pair.failovers import Point
from appliance.callcenter.pair.model import BoxView, Pair
from appliance.ha.decision.model import State

WIDTH, HEIGHT = 800, 318
ADDRESS, WITNESS = (400, 38), (400, 280)
BOXES = ((150, 160), (650, 160))
HEARD_MS = 2_000
"""As long as the agents themselves count the other as heard."""


class Link(StrEnum):
    GOOD = "good"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Line:
    kind: str
    """address, peer or vote."""
    link: Link
    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True)
class Spot:
    """A machine. `look`: serving, ready, busy, out or gone."""

    box: BoxView
    look: str
    x: int
    y: int


@dataclass(frozen=True)
class Picture:
    spots: tuple[Spot, ...]
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT
    address: tuple[int, int] = ADDRESS
    witness: tuple[int, int] = WITNESS


LOOKS = {
    State.STANDBY: "ready",
    State.MAINT: "out",
    State.HOLD: "out",
    State.FAILED: "gone",
}


def picture(pair: Pair) -> Picture:
    spots = tuple(Spot(box, look(box), *place) for box, place in zip(pair.boxes, BOXES, strict=False))
    lines = [_to_address(spot) for spot in spots if spot.box.status is not None and spot.box.status.address.held]
    if len(spots) > 1:
        (x1, y1), (x2, y2) = BOXES
        lines.append(Line("peer", between(pair), x1, y1, x2, y2))
    if pair.witness is not None:
        lines += [Line("vote", vote(pair, spot.box), spot.x, spot.y, *WITNESS) for spot in spots]
    return Picture(spots, tuple(lines))


def look(box: BoxView) -> str:
    if box.status is None:
        return "gone"
    return "serving" if box.status.active else LOOKS.get(box.status.state, "busy")


def between(pair: Pair) -> Link:
    """Whether the boxes hear each other: one that does not is enough, one that is silent says nothing."""
    heard = [box.status.peer.heard_ms_ago for box in pair.boxes if box.status is not None]
    if not heard:
        return Link.UNKNOWN
    return Link.GOOD if all(age is not None and age < HEARD_MS for age in heard) else Link.BROKEN


def vote(pair: Pair, box: BoxView) -> Link:
    """Whether the box and the witness are members of one majority."""
    if box.status is None or pair.witness_heard is None:
        return Link.UNKNOWN
    return Link.GOOD if box.status.quorum and pair.witness_heard else Link.BROKEN


def _to_address(spot: Spot) -> Line:
    return Line("address", Link.GOOD, *ADDRESS, spot.x, spot.y)


LABELS, RIGHT, ROW, TOP = 360, 90, 30, 10
LATE = 3
"""A first call that came so many times later than everything else would squeeze the rest: it is told below."""


@dataclass(frozen=True)
class Rung:
    """One thing that happened, with a bar until the next one."""

    point: Point
    milliseconds: int
    """When it began."""
    x1: float
    x2: float
    y: int


@dataclass(frozen=True)
class Ladder:
    rungs: tuple[Rung, ...]
    width: int
    height: int
    labels: int = LABELS


def ladder(points: Sequence[tuple[Point, int]]) -> Ladder:
    """The time line of a fail-over, from its first sign to its last."""
    end = max((at for point, at in points if point is not Point.FIRST_CALL), default=0)
    drawn = [(point, at) for point, at in points if point is not Point.FIRST_CALL or at <= LATE * end]
    scale = (1000 - LABELS - RIGHT) / max(1, *(at for _, at in drawn), 1)
    following = [at for _, at in drawn[1:]] + [at for _, at in drawn[-1:]]
    rungs = tuple(
        Rung(point, at, round(LABELS + at * scale, 1), round(LABELS + until * scale, 1), TOP + number * ROW)
        for number, ((point, at), until) in enumerate(zip(drawn, following, strict=True))
    )
    return Ladder(rungs, 1000, TOP + len(rungs) * ROW + 8)
