"""Steps of queues: when each is due, in what order, and what a change of the policy does to those who wait."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import rules, timetable
from appliance.callcenter.acd.model import QueueRules
from appliance.callcenter.acd.policy import (
    DEFAULT_STEPS,
    After,
    Announce,
    Closed,
    Length,
    Message,
    Need,
    OfferCallback,
    OtherQueue,
    PolicyError,
    Position,
    StartFlow,
    Step,
    Unstaffed,
    encode,
    parse_needs,
    parse_steps,
)
from appliance.callcenter.acd.timetable import closed_from
from tests.acd_story import Story

SHANGHAI = ZoneInfo("Asia/Shanghai")


def story(*steps: Step, announce_seconds: int = 0) -> Story:
    queue = QueueRules(1, announce_seconds=announce_seconds, steps=steps, zone=SHANGHAI)
    told = Story({1: frozenset({1})}, {1: queue, 2: QueueRules(2)})
    told.tell(ev.SignedIn(told.now, 1, "sip", phone_online=True))
    return told


def taken(effects: list[ev.Effect]) -> list[tuple[str, int]]:
    return [(effect.call, effect.index) for effect in effects if isinstance(effect, ev.StepDue)]


@pytest.mark.req("ACD-5")
def test_steps_are_taken_when_their_time_comes_and_only_once():
    told = story(Step(After(30), Announce(5)), Step(After(60), Announce(6)), Step(After(90), OtherQueue(2)))
    begun = told.now
    told.queued("a")
    assert rules.next_deadline(told.state, told.now) == begun + 30_000
    assert taken(told.wait(29)) == [("a", 0)]
    assert taken(told.wait(1)) == []
    assert taken(told.wait(70)) == [("a", 1), ("a", 2)]
    assert not told.state.waiting


@pytest.mark.req("ACD-5")
def test_what_stands_above_goes_first_and_leaving_ends_it():
    told = story(Step(After(10), Message()), Step(After(5), Announce(5)), Step(After(10), OtherQueue(2)))
    told.queued("a")
    assert taken(told.wait(60)) == [("a", 0)]


@pytest.mark.req("ACD-5")
def test_place_and_length_count_on_entry_only():
    told = story(Step(Position(2), OtherQueue(2)), Step(Length(3), Message()))
    for call in "ab":
        told.queued(call)
    told.queued("third")
    assert taken(told.tell(ev.Tick(told.now))) == [("third", 0)]
    told.queued("vip", priority=900)
    told.queued("vip two", priority=900)
    assert taken(told.tell(ev.Tick(told.now))) == [], "nobody is sent away for being overtaken"
    told.queued("vip three", priority=950)
    assert taken(told.tell(ev.Tick(told.now))) == [("vip three", 1)], "before the others, but four are there"


@pytest.mark.req("ACD-5")
def test_last_agent_who_signs_out_triggers_the_step_for_all_who_wait():
    told = story(Step(Unstaffed(), StartFlow(3)))
    told.queued("a")
    told.queued("b")
    assert taken(told.wait(30)) == []
    told.tell(ev.SignedOut(told.now, 1))
    assert rules.next_deadline(told.state, told.now) is not None
    assert taken(told.tell(ev.Tick(told.now))) == [("a", 0), ("b", 0)]


def test_nothing_is_taken_while_a_telephone_rings():
    told = story(Step(After(5), Message()))
    told.queued("a")
    told.tell(ev.BecameReady(told.now, 1))
    assert told.state.offers == {"a": (1,)}
    assert taken(told.wait(60)) == []
    told.tell(ev.RingFailed(told.now, "a", 1, "no_answer"))
    assert taken(told.tell(ev.Tick(told.now))) == [("a", 0)]


LAST_CHANCE = (Step(Unstaffed(), OfferCallback()), Step(Unstaffed(), Message()))


@pytest.mark.req("ACD-5", "ACD-6")
def test_no_step_is_taken_and_nothing_said_until_the_caller_has_answered():
    told = story(*LAST_CHANCE, announce_seconds=30)
    told.queued("a")
    told.tell(ev.SignedOut(told.now, 1))
    assert taken(told.tell(ev.Tick(told.now))) == [("a", 0)]
    assert told.wait(60) == []
    told.tell(ev.Asked(told.now, "a", asking=False))
    assert rules.next_deadline(told.state, told.now) <= told.now
    assert taken(told.tell(ev.Tick(told.now))) == [("a", 1)]


def test_who_asked_by_herself_is_not_cut_short_by_a_step_either():
    told = story(Step(After(30), Message()))
    told.queued("a")
    told.tell(ev.Asked(told.now, "a", asking=True))
    assert taken(told.wait(60)) == []
    assert taken(told.wait(timetable.LONGEST_ANSWER_MS / 1000)) == [("a", 0)], "every wait has a limit"


def test_a_telephone_that_rang_in_vain_ends_the_question():
    told = story(*LAST_CHANCE)
    told.tell(ev.SignedOut(told.now, 1))
    told.queued("a")
    assert taken(told.tell(ev.Tick(told.now))) == [("a", 0)]
    told.ready(1)
    assert told.state.offers == {"a": (1,)}
    told.tell(ev.RingFailed(told.now, "a", 1, "phone"))
    told.tell(ev.SignedOut(told.now, 1))
    assert taken(told.tell(ev.Tick(told.now))) == [("a", 1)]


def test_words_of_a_step_are_not_cut_short_by_the_position():
    told = story(Step(After(0), Announce(5)), announce_seconds=30)
    told.queued("a")
    effects = told.tell(ev.Tick(told.now))
    assert taken(effects) == [("a", 0)]
    assert not [effect for effect in effects if isinstance(effect, ev.Announce)]
    assert told.wait(29) == [ev.Announce("a", 0)]


@pytest.mark.req("ACD-5")
def test_steps_that_are_behind_are_not_taken_again_after_a_restart():
    told = story(Step(After(5), Announce(5)), Step(After(60), Message()))
    entered = told.now - 50_000
    told.tell(ev.CallQueued(told.now, "a", 1, 0, entered, entered_at=entered, done=(0,)))
    assert rules.next_deadline(told.state, told.now) == entered + 60_000
    assert taken(told.wait(11)) == [("a", 1)]


def test_changed_policy_counts_from_when_the_caller_came():
    told = story(Step(After(600), Message()))
    told.queued("a")
    told.wait(100)
    queue = QueueRules(1, announce_seconds=0, steps=(Step(After(50), OtherQueue(2)),))
    told.tell(ev.Configured(told.now, {1: queue, 2: QueueRules(2)}, {1: frozenset({1})}))
    assert taken(told.tell(ev.Tick(told.now))) == [("a", 0)]


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


WORK_DAYS = Closed("17:30", "08:00", (1, 2, 3, 4, 5))
WEEKEND = Closed("00:00", "00:00", (6, 7))


@pytest.mark.req("ACD-5")
@pytest.mark.parametrize(
    ("closed", "now", "expected"),
    [
        (WORK_DAYS, "2026-11-20T17:00", "2026-11-20T17:30"),
        (WORK_DAYS, "2026-11-20T17:30", "2026-11-20T17:30"),
        (WORK_DAYS, "2026-11-20T23:59", "2026-11-20T23:59"),
        (WORK_DAYS, "2026-11-21T07:59", "2026-11-21T07:59"),
        (WORK_DAYS, "2026-11-21T08:00", "2026-11-23T17:30"),
        (WEEKEND, "2026-11-20T12:00", "2026-11-21T00:00"),
        (WEEKEND, "2026-11-22T23:59", "2026-11-22T23:59"),
        (WEEKEND, "2026-11-23T00:00", "2026-11-28T00:00"),
        (Closed("12:00", "13:30", (3,)), "2026-11-25T13:30", "2026-12-02T12:00"),
    ],
)
def test_closing_time(closed: Closed, now: str, expected: str):
    assert closed_from(closed, at(now), SHANGHAI) == at(expected)


@pytest.mark.req("ACD-5")
def test_callers_who_still_wait_at_closing_time_are_told():
    told = story(Step(Closed("17:30", "08:00"), Message()))
    told.now = at("2026-11-20T17:29:00")
    told.queued("a")
    assert rules.next_deadline(told.state, told.now) == at("2026-11-20T17:30")
    assert taken(told.wait(59)) == [("a", 0)]
    told.queued("late")
    assert taken(told.tell(ev.Tick(told.now))) == [("late", 0)]


def test_policies_survive_storing():
    steps = (
        *DEFAULT_STEPS,
        Step(Closed("17:30", "08:00", (1, 2)), OtherQueue(3)),
        Step(Position(4), StartFlow(1)),
        Step(Length(9), Announce(7)),
        Step(After(9), OfferCallback()),
    )
    needs = (Need(1, 5, 30, 2, 1), Need(2, 10))
    assert parse_steps(encode(steps)) == steps
    assert parse_needs(encode(needs)) == needs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '[{"when":{"kind":"after","seconds":-1},"do":{"kind":"message"}}]',
        '[{"when":{"kind":"later"},"do":{"kind":"message"}}]',
        '[{"when":{"kind":"unstaffed"},"do":{"kind":"announce"}}]',
        '[{"when":{"kind":"unstaffed"},"do":{"kind":"message","extra":1}}]',
        '[{"when":{"kind":"closed","start":"25:00","end":"08:00"},"do":{"kind":"message"}}]',
        '[{"when":{"kind":"closed","start":"17:00","end":"08:00","days":[8]},"do":{"kind":"message"}}]',
    ],
)
def test_wrong_steps_are_refused(text: str):
    with pytest.raises(PolicyError):
        parse_steps(text)


@pytest.mark.parametrize("text", ['[{"skill":1,"level":0}]', '[{"skill":1,"level":4},{"skill":1,"level":5}]', "[1]"])
def test_wrong_needs_are_refused(text: str):
    with pytest.raises(PolicyError):
        parse_needs(text)
