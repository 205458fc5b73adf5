"""Changes of who leads as people read them: what counts as their beginning, how long nobody served, and the picture."""

import msgspec
import pytest

from appliance.callcenter.pair.failovers import Failover, Point, failovers
from appliance.callcenter.pair.model import Pair
from appliance.callcenter.pair.progress import Stage, progress
from appliance.callcenter.pair.view import view
from appliance.ha.agent.status import Moment, Passage
from appliance.ha.decision.model import Cause, State
from appliance.ha.provision.history_command import time_line
from appliance.webadmin.admin.cluster_picture import LABELS, ladder
from tests.unit.test_pair_view import NOW, PAIR, report, status

pytestmark = pytest.mark.req("HA-6")

FIRST = 1_790_000_000_000
STEPS = (
    Moment(State.PROMOTE, "WON", 5, FIRST + 5),
    Moment(State.PROMOTE, "PROMOTING", 10, FIRST + 10),
    Moment(State.PROMOTE, "RECORDING_SOLE", 150, FIRST + 150),
    Moment(State.PROMOTE, "OPENING", 160, FIRST + 160),
    Moment(State.PROMOTE, "STARTING_SERVICES", 200, FIRST + 200),
    Moment(State.ACTIVE, "READY", 2_200, FIRST + 2_200),
)


def passage(node: str, epoch: int, at: int, cause: Cause, **more: object) -> Passage:
    usual = Passage(epoch, node, cause, at, gone_ms=None, active_after_ms=2_200, stages=STEPS)
    return msgspec.structs.replace(usual, **more)


def left(at: int) -> tuple[Moment, ...]:
    return (*STEPS, Moment(State.DRAIN, "DRAINING", 0, at - 900), Moment(State.DEMOTE, "LEAVING", 0, at))


def test_a_planned_switch_over_begins_when_the_box_before_it_steps_down():
    one = passage("one", 3, FIRST - 900_000, Cause.RETURNED, stages=left(FIRST - 400))
    latest, _ = failovers((passage("two", 9, FIRST, Cause.SWITCHOVER, gone_ms=30), one))
    assert (latest.began_at, latest.gap_ms) == (FIRST - 400, 2_600)
    assert latest.points() == (
        (Point.STEPPED_DOWN, 0),
        (Point.NOBODY_LED, 370),
        (Point.CAMPAIGNED, 400),
        (Point.WON, 405),
        (Point.PROMOTING, 410),
        (Point.OPENING, 550),
        (Point.SERVICES, 600),
        (Point.SERVING, 2_600),
    )


def test_a_box_that_died_is_missed_when_its_lease_has_gone():
    one = passage("one", 3, FIRST - 900_000, Cause.RETURNED)
    latest, first = failovers((passage("two", 9, FIRST, Cause.PEER_GONE, gone_ms=30), one))
    assert (latest.left_at, latest.began_at, latest.gap_ms) == (None, FIRST - 30, 2_230)
    assert (first.gone_ms, first.began_at) == (None, first.at)


@pytest.mark.parametrize("told", [FIRST - 200_000, FIRST + 5_000])
def test_a_step_down_of_another_time_did_not_lead_to_it(told):
    """Long before (both were switched off), or, by a clock that goes wrong, after."""
    one = passage("one", 3, FIRST - 900_000, Cause.RETURNED, stages=left(told))
    latest, _ = failovers((passage("two", 9, FIRST, Cause.RETURNED, gone_ms=30), one))
    assert latest.left_at is None


def test_a_take_over_that_never_came_to_serve_has_no_length():
    (latest,) = failovers((passage("two", 9, FIRST, Cause.PEER_GONE, active_after_ms=None, stages=STEPS[:2]),))
    assert latest.gap_ms is None
    assert [point for point, _ in latest.points()] == [Point.CAMPAIGNED, Point.WON, Point.PROMOTING]
    assert len(ladder(latest.points()).rungs) == 3


def test_what_came_before_and_after_serving_does_not_belong_to_taking_over():
    (latest,) = failovers((passage("two", 9, FIRST, Cause.PEER_GONE, stages=left(FIRST + 60_000)),))
    assert latest.moments == STEPS
    assert failovers(()) == ()


def test_the_picture_is_not_squeezed_by_a_call_that_came_late():
    one = Failover(9, "two", Cause.PEER_GONE, FIRST, 30, 2_200, STEPS)
    soon = msgspec.structs.replace(one, first_call_at=FIRST + 2_500)
    late = msgspec.structs.replace(one, first_call_at=FIRST + 3_600_000)
    assert ladder(soon.points()).rungs[-1].point is Point.FIRST_CALL
    drawn = ladder(late.points())
    assert drawn.rungs[-1].point is Point.SERVING
    assert drawn.rungs[0].x1 == LABELS
    assert all(rung.x1 <= rung.x2 <= drawn.width for rung in drawn.rungs)


def test_a_failover_is_kept_whole():
    one = Failover(9, "two", Cause.PEER_GONE, FIRST, 30, 2_200, STEPS, FIRST - 400, FIRST + 5_000)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Failover) == one


def test_the_console_tells_the_time_line():
    lines = time_line(passage("two", 9, FIRST, Cause.PEER_GONE, gone_ms=30))
    assert lines[0] == "two: the other box was gone 另一台失联"
    assert lines[1].split()[:2] == ["-30", "ms"]
    assert lines[-1].split()[:2] == ["2200", "ms"]


# -- a switch-over under way ---------------------------------------------------------------------------


def seen(one: State, two: State, *, wanted: str | None = None, history: tuple[Passage, ...] = ()) -> Pair:
    serving = {State.ACTIVE, State.DRAIN}
    nodes = {
        "one": status("one", one, active=one in serving),
        "two": status("two", two, active=two in serving, epoch=9 if two in serving else 0),
    }
    said = msgspec.structs.replace(report(), own=nodes["one"], nodes=nodes, switchover=wanted, history=history)
    return view(PAIR, said, NOW)


BEFORE = (passage("one", 3, FIRST - 900_000, Cause.RETURNED, stages=left(FIRST - 400)),)
AFTER = (passage("two", 9, FIRST, Cause.SWITCHOVER, gone_ms=30), *BEFORE)


@pytest.mark.parametrize(
    ("pair", "stage", "node"),
    [
        (seen(State.ACTIVE, State.STANDBY, wanted="two", history=BEFORE), Stage.ASKED, "two"),
        (seen(State.DRAIN, State.STANDBY, wanted="two", history=BEFORE), Stage.DRAINING, "two"),
        (seen(State.DEMOTE, State.STANDBY, wanted="two", history=BEFORE), Stage.LEAVING, "two"),
        (seen(State.JOIN, State.CAMPAIGN, wanted="two", history=BEFORE), Stage.TAKING_OVER, "two"),
        (seen(State.JOIN, State.PROMOTE, wanted="two", history=AFTER), Stage.TAKING_OVER, "two"),
        (seen(State.STANDBY, State.ACTIVE, history=AFTER), Stage.DONE, "two"),
        (seen(State.ACTIVE, State.STANDBY, history=BEFORE), Stage.NOT_DONE, "one"),
    ],
)
def test_a_switch_over_is_followed_from_stage_to_stage(pair, stage, node):
    found = progress(pair, 3)
    assert (found.stage, found.node) == (stage, node)
    assert found.is_over == (stage in {Stage.DONE, Stage.NOT_DONE})
    assert found.milliseconds == (2_600 if stage is Stage.DONE else None)


def test_stages_that_have_passed_are_ticked():
    leaving = progress(seen(State.DEMOTE, State.STANDBY, wanted="two", history=BEFORE), 3)
    assert [leaving.passed(stage) for stage in (Stage.ASKED, Stage.DRAINING, Stage.LEAVING)] == [True, True, False]
    assert not progress(seen(State.ACTIVE, State.STANDBY, history=BEFORE), 3).passed(Stage.ASKED)
