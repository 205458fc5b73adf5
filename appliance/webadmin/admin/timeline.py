"""The segments of a call as a picture: where each bar stands. The template only draws what is computed here."""

from dataclasses import dataclass

from appliance.callcenter.calls.search_model import CallDetail, CallSegment

WIDTH = 1000
MARGIN = 8
NARROWEST = 3.0
LANE = 34
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
MOST_TICKS = 9


@dataclass(frozen=True)
class Bar:
    kind: str
    x: float
    y: int
    width: float
    milliseconds: int
    segment: CallSegment
    wide: bool
    """Whether a duration can be written inside."""


@dataclass(frozen=True)
class Tick:
    x: float
    seconds: int


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    kinds: tuple[tuple[str, int], ...]
    """Legend: each kind that occurs with its milliseconds in all."""


def tick_seconds(total: float) -> int:
    """A distance between two marks that people count in, not too many of them."""
    for seconds in TICKS:
        if total / seconds <= MOST_TICKS:
            return seconds
    return TICKS[-1] * max(1, round(total / TICKS[-1] / MOST_TICKS))


def timeline(detail: CallDetail) -> Picture:
    start = min([detail.call.started_at, *(one.started_at for one in detail.segments)])
    end = max([detail.call.ended_at, *(one.ended_at for one in detail.segments), start + 1])
    scale = (WIDTH - 2 * MARGIN) / (end - start)
    lanes = _lanes(detail.segments)
    bars = tuple(
        Bar(
            kind=segment.kind,
            x=round(MARGIN + (segment.started_at - start) * scale, 1),
            y=lane * LANE + 4,
            width=max(NARROWEST, round((segment.ended_at - segment.started_at) * scale, 1)),
            milliseconds=segment.ended_at - segment.started_at,
            segment=segment,
            wide=(segment.ended_at - segment.started_at) * scale > 46,
        )
        for segment, lane in zip(detail.segments, lanes, strict=True)
    )
    step = tick_seconds((end - start) / 1000)
    marks = range(0, int((end - start) / 1000) + 1, step)
    sums: dict[str, int] = {}
    for segment in detail.segments:
        sums[segment.kind] = sums.get(segment.kind, 0) + segment.ended_at - segment.started_at
    return Picture(
        width=WIDTH,
        height=(max(lanes, default=0) + 1) * LANE + 26,
        bars=bars,
        ticks=tuple(Tick(round(MARGIN + second * 1000 * scale, 1), second) for second in marks),
        kinds=tuple(sums.items()),
    )


def _lanes(segments: tuple[CallSegment, ...]) -> list[int]:
    """A row for each segment: the first in which it overlaps none before it."""
    free_from: list[int] = []
    chosen = []
    for segment in segments:
        for lane, end in enumerate(free_from):
            if segment.started_at >= end:
                free_from[lane] = segment.ended_at
                chosen.append(lane)
                break
        else:
            free_from.append(segment.ended_at)
            chosen.append(len(free_from) - 1)
    return chosen
