"""The monthly test fail-over: when it runs, when it is left out, what it says; and which reasons become alarms."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from appliance.callcenter.pair import alarms, monthly
from appliance.callcenter.pair.failovers import Failover
from appliance.callcenter.pair.monthly import PairTest, Result, TestPlan
from appliance.callcenter.pair.view import view
from appliance.clock import from_datetime
from appliance.ha.decision.model import Cause, Services, State
from appliance.ha.decision.readiness import NotReady
from appliance.ha.files_report import BEHIND_MS, FilesView, with_files
from tests.unit.test_pair_view import PAIR, report, status

pytestmark = pytest.mark.req("HA-3", "HA-6")

ZONE = ZoneInfo("Asia/Shanghai")
PLAN = TestPlan(enabled=True, day=15, start="02:00", minutes=120)
QUIET = Services(running=True, stopped=False, calls=0)
READY = view(PAIR, report(services=QUIET), 0)
TALKING = view(PAIR, report(), 0)
ALONE = view(PAIR, report(services=QUIET, not_ready=("peer_silent",)), 0)


def at(words: str) -> int:
    return from_datetime(datetime.fromisoformat(words).replace(tzinfo=ZONE))


@pytest.mark.parametrize(
    ("pair", "when", "result", "reasons"),
    [
        (READY, "2026-11-15T01:59:59", None, ()),
        (READY, "2026-11-15T02:00", Result.RUNNING, ()),
        (TALKING, "2026-11-15T02:30", None, ()),
        (ALONE, "2026-11-15T02:30", None, ()),
        (TALKING, "2026-11-15T04:00", Result.SKIPPED, (NotReady.TALKS,)),
        (ALONE, "2026-11-15T04:00", Result.SKIPPED, (NotReady.PEER_SILENT,)),
        (READY, "2026-11-20T09:00", Result.SKIPPED, (NotReady.NOBODY_LOOKED,)),
    ],
)
def test_it_waits_within_its_window_and_says_why_it_was_left_out(pair, when, result, reasons):
    told = monthly.begin(PLAN, pair, None, at(when), ZONE)
    assert (told.result if told else None, told.reasons if told else ()) == (result, reasons)


def test_it_goes_to_the_standby():
    told = monthly.begin(PLAN, READY, None, at("2026-11-15T02:00"), ZONE)
    assert told is not None
    assert (told.month, told.target) == ("2026-11", "two")


def test_it_is_off_by_default_and_comes_once_a_month():
    now = at("2026-11-15T02:10")
    assert monthly.begin(TestPlan(), READY, None, now, ZONE) is None
    done = PairTest("2026-11", now, Result.DONE)
    assert monthly.begin(PLAN, READY, done, now, ZONE) is None
    assert monthly.begin(PLAN, READY, done, at("2026-12-15T02:10"), ZONE) is not None


def test_a_window_before_it_was_turned_on_was_not_missed():
    late = TestPlan(enabled=True, day=15, start="02:00", minutes=120, since=at("2026-11-20T08:00"))
    assert monthly.begin(late, READY, None, at("2026-11-20T09:00"), ZONE) is None
    assert monthly.begin(late, READY, None, at("2026-12-15T02:00"), ZONE) is not None


@pytest.mark.parametrize(
    ("now", "known", "expected"),
    [
        ("2026-11-03T12:00", None, "2026-11-15T02:00"),
        ("2026-11-15T03:00", None, "2026-11-15T02:00"),
        ("2026-11-15T03:00", "2026-11", "2026-12-15T02:00"),
        ("2026-11-15T04:00", None, "2026-12-15T02:00"),
        ("2026-12-31T23:59", None, "2027-01-15T02:00"),
    ],
)
def test_the_next_window(now, known, expected):
    test = PairTest(known, 0, Result.DONE) if known else None
    assert monthly.next_window(PLAN, at(now), ZONE, test).begins == at(expected)


def test_what_became_of_it():
    begun = at("2026-11-15T02:00")
    running = PairTest("2026-11", begun, Result.RUNNING, target="two")
    two = status("two", State.ACTIVE, active=True, epoch=9)
    said = report()
    over = view(PAIR, type(said)(two, {"two": two}, None, None, hold=False, history=()), 0)
    came = Failover(9, "two", Cause.SWITCHOVER, begun + 1_500, 30, 2_000)
    done = monthly.judge(running, over, came, begun + 5_000)
    assert done is not None
    assert (done.result, done.failover_id) == (Result.DONE, came.id)
    assert monthly.judge(running, READY, None, begun + 5_000) is None, "it may still come"
    before = Failover(7, "two", Cause.PEER_GONE, begun - 60_000)
    failed = monthly.judge(running, READY, before, begun + monthly.TEST_MS)
    assert failed is not None
    assert (failed.result, failed.failover_id) == (Result.FAILED, "")
    back = Failover(11, "one", Cause.RETURNED, begun + 30_000, 30, 2_000)
    returned = monthly.judge(running, READY, back, begun + monthly.TEST_MS)
    assert returned is not None
    assert (returned.result, returned.failover_id) == (Result.FAILED, back.id), "the other one did not take it"


def test_only_reasons_that_last_become_alarms():
    seen = alarms.first_seen({}, (NotReady.PEER_SILENT, NotReady.PEER_NEW), 1_000)
    assert alarms.lasting(seen, 1_000 + alarms.LASTING_MS - 1) == frozenset()
    seen = alarms.first_seen(seen, (NotReady.PEER_SILENT, NotReady.HOLD), 50_000)
    assert alarms.lasting(seen, 1_000 + alarms.LASTING_MS) == {NotReady.PEER_SILENT}
    assert alarms.first_seen(seen, (), 70_000) == {}


def test_files_that_do_not_follow_are_a_reason_where_nothing_else_says_why():
    now = at("2026-11-15T02:00")

    def told(files: FilesView | None, *others: NotReady) -> tuple[NotReady, ...]:
        return with_files(others, files, now)

    well = FilesView(now, peer=True, one_copy=2, oldest=now - BEHIND_MS)
    assert told(well) == ()
    assert told(structs.replace(well, oldest=now - BEHIND_MS - 1), NotReady.HOLD) == (
        NotReady.HOLD,
        NotReady.FILES_BEHIND,
    )
    assert told(None) == told(structs.replace(well, peer=False)) == (NotReady.FILES_SILENT,)
    for other in (NotReady.PEER_SILENT, NotReady.PEER_IN_MAINTENANCE, NotReady.NO_SECOND_BOX):
        assert told(None, other) == (other,)
    seen = alarms.first_seen({}, told(None), 0)
    assert alarms.lasting(seen, alarms.LASTING_MS) == {NotReady.FILES_SILENT}
