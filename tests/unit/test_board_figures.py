"""The manager's seat without telephones: thresholds, counts, what a wallboard may show, who was first."""

import json
from pathlib import Path

import msgspec
import pytest

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.supervision.figures import GROUPS, counts, wall
from appliance.callcenter.supervision.thresholds import (
    DEFAULTS,
    QueueLimits,
    Thresholds,
    alarms_of,
    check,
    limits_of,
    stays_too_long,
)
from appliance.callcenter.verbs.set_thresholds import Arguments

NOW = 1_000_000


def queue(**what):
    calm = {
        "id": 1,
        "name": "预约挂号",
        "number": "7001",
        "waiting": 0,
        "longest_since": None,
        "ready": 1,
        "signed_in": 2,
        "answered_today": 0,
        "abandoned_today": 0,
        "in_level_today": 0,
        "service_level_seconds": 20,
        "expected_wait_seconds": 0,
    }
    return calm | what


@pytest.mark.req("SUP-1")
@pytest.mark.parametrize(
    ("what", "alarms"),
    [
        ({}, ()),
        ({"longest_since": NOW - 60_000}, ()),
        ({"longest_since": NOW - 60_001}, ("longest",)),
        ({"waiting": 4}, ()),
        ({"waiting": 5}, ("waiting",)),
        ({"answered_today": 10, "in_level_today": 8}, ()),
        ({"answered_today": 10, "in_level_today": 7}, ("level",)),
        ({"answered_today": 8, "in_level_today": 8, "abandoned_today": 3}, ("level",)),
        ({"abandoned_today": 1}, ("level",)),
        ({"waiting": 9, "longest_since": 1, "abandoned_today": 1}, ("longest", "waiting", "level")),
    ],
)
def test_a_queue_raises_the_alarms_whose_limits_it_exceeds(what, alarms) -> None:
    limits = QueueLimits(longest_seconds=60, waiting=5, level_percent=80)
    assert alarms_of(limits, queue(**what), NOW) == alarms
    assert alarms_of(QueueLimits(), queue(**what), NOW) == ()


@pytest.mark.req("SUP-1")
def test_limits_of_a_queue_replace_those_of_all_queues() -> None:
    own = Thresholds({"0": QueueLimits(waiting=5), "7": QueueLimits(longest_seconds=10)}, {"busy": 600})
    assert limits_of(own, 3) == QueueLimits(waiting=5)
    assert limits_of(own, 7) == QueueLimits(longest_seconds=10)
    assert limits_of(Thresholds(), 7) == QueueLimits()
    assert stays_too_long(own, "busy", 0, 600_001)
    assert not stays_too_long(own, "busy", 0, 600_000)
    assert not stays_too_long(own, "talking", 0, 10**9)
    assert check(DEFAULTS) == ""


@pytest.mark.parametrize(
    "given",
    [
        {"queues": {"0": {"waiting": 0}}, "states": {}},
        {"queues": {"0": {"level_percent": 101}}, "states": {}},
        {"queues": {"0": {"longest_seconds": "60"}}, "states": {}},
        {"queues": {"0": {"hidden": 1}}, "states": {}},
        {"queues": {}, "states": {"busy": -1}},
        {"queues": {}, "states": {"busy": 10**9}},
    ],
)
def test_limits_that_make_no_sense_are_refused(given) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, Arguments)


def test_limits_of_what_does_not_exist_are_named() -> None:
    assert check(Thresholds({}, {"asleep": 5})) == "asleep"
    assert check(Thresholds({"x": QueueLimits()}, {})) == "x"


@pytest.mark.req("SUP-4")
def test_every_state_counts_once_and_in_the_right_group() -> None:
    assert set(GROUPS) == {state.value for state in AgentState}
    states = ["ready", "ready", "talking", "holding", "wrap_up", "busy", "signed_out", "signed_out", "signed_out"]
    assert counts(states) == {"in_service": 3, "idle": 2, "on_break": 1, "closed": 3}
    assert sum(counts(state.value for state in AgentState).values()) == len(AgentState)


@pytest.mark.req("SUP-1", "SEC-1")
def test_a_wallboard_shows_no_person() -> None:
    busy = queue(waiting=6, callers=["13800000001"], first="张三")
    shown = wall([busy, queue(id=2, number="7000")], ["ready", "talking"], ["talking", "waiting"], DEFAULTS, NOW)
    text = json.dumps(shown, ensure_ascii=False)
    assert "13800000001" not in text
    assert "张三" not in text
    assert [one["number"] for one in shown["queues"]] == ["7000", "7001"]
    assert shown["queues"][1]["alarms"] == ("waiting",)
    assert (shown["talking"], shown["counts"]["idle"]) == (1, 1)


def test_the_board_knows_the_same_groups_and_limits() -> None:
    """The islands count and mark by themselves, each second: the tables must be the same."""
    folder = Path(__file__).parents[2] / "appliance" / "webadmin" / "static" / "islands"
    script = (folder / "figures.js").read_text()
    for state, group in GROUPS.items():
        assert f'{state}: "{group}"' in script
