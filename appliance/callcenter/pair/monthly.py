"""The monthly test fail-over: a pair that was never tested does not work. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from appliance.callcenter.pair.failovers import Failover
from appliance.callcenter.pair.model import Pair
from appliance.clock import Millis, from_datetime, to_datetime
from appliance.ha.decision.readiness import NotReady

TEST_MS = 180_000
"""A test that has not come to its end by then has failed."""


class TestPlan(msgspec.Struct, frozen=True):
    """Off unless somebody turns it on."""

    __test__ = False  # pytest

    enabled: bool = False
    day: int = 15
    """Of the month; at most 28, so that every month has it."""
    start: str = "02:00"
    minutes: int = 120
    """How long the window is: within it the pair is tried as soon as nobody talks."""
    since: Millis = 0
    """When it was turned on: windows before that are not missing."""


class Result(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class PairTest:
    month: str
    begun_at: Millis
    result: Result
    target: str = ""
    reasons: tuple[NotReady, ...] = ()
    ended_at: Millis | None = None
    failover_id: str = ""


@dataclass(frozen=True)
class Window:
    month: str
    begins: Millis
    ends: Millis


def window(plan: TestPlan, now: Millis, zone: ZoneInfo) -> Window:
    """That of the month of `now`."""
    local = to_datetime(now).astimezone(zone)
    hour, minute = (int(part) for part in plan.start.split(":"))
    begins = datetime(local.year, local.month, plan.day, hour, minute, tzinfo=zone)
    ends = begins + timedelta(minutes=plan.minutes)
    return Window(f"{local:%Y-%m}", from_datetime(begins), from_datetime(ends))


def next_window(plan: TestPlan, now: Millis, zone: ZoneInfo, known: PairTest | None) -> Window:
    """The one that is still to come, or is open."""
    this = window(plan, now, zone)
    if now < this.ends and (known is None or known.month != this.month):
        return this
    following = to_datetime(this.begins).astimezone(zone).replace(day=1) + timedelta(days=32)
    return window(plan, from_datetime(following), zone)


def begin(plan: TestPlan, pair: Pair, latest: PairTest | None, now: Millis, zone: ZoneInfo) -> PairTest | None:
    """A test that is to run now (`RUNNING`), or is given up for this month (`SKIPPED`); None: nothing to do."""
    if not plan.enabled:
        return None
    when = window(plan, now, zone)
    if now < when.begins or when.ends < plan.since or (latest is not None and latest.month >= when.month):
        return None
    obstacles = _obstacles(pair)
    if now >= when.ends:
        return PairTest(when.month, now, Result.SKIPPED, reasons=obstacles or (NotReady.NOBODY_LOOKED,), ended_at=now)
    if obstacles or pair.standby is None:
        return None
    return PairTest(when.month, now, Result.RUNNING, target=pair.standby.name)


def judge(test: PairTest, pair: Pair, latest: Failover | None, now: Millis) -> PairTest | None:
    """What has become of a running test; None: not yet known."""
    came = latest if latest is not None and latest.at >= test.begun_at else None
    serving = pair.active.name if pair.active is not None else ""
    if came is not None and came.node == serving == test.target:
        return replace(test, result=Result.DONE, ended_at=now, failover_id=came.id)
    if now - test.begun_at < TEST_MS:
        return None
    return replace(
        test, result=Result.FAILED, ended_at=now, reasons=pair.reasons, failover_id=came.id if came is not None else ""
    )


def _obstacles(pair: Pair) -> tuple[NotReady, ...]:
    return (*pair.reasons, *((NotReady.TALKS,) if pair.calls else ()))


def refused(test: PairTest, reasons: tuple[NotReady, ...], now: Millis) -> PairTest:
    """The agents saw something else than we a moment before."""
    return replace(test, result=Result.SKIPPED, reasons=reasons or (NotReady.UNKNOWN,), ended_at=now)
