"""Who is next: priority, age, several queues; nobody starves."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import AcdState, QueueRules, Waiting
from appliance.callcenter.acd.ordering import all_places, in_order, place, places, urgency
from tests.acd_story import QUEUES, Story

BOTH = frozenset({1, 2})


def rung(effects: list[ev.Effect]) -> list[str]:
    return [effect.call for effect in effects if isinstance(effect, ev.Ring)]


@pytest.mark.req("ACD-3", "VIP-1")
def test_priority_is_a_head_start_of_minutes_and_no_more():
    told = Story({1: BOTH})
    told.queued("patient one")
    told.now += 11 * 60_000
    told.queued("vip", priority=100)
    assert places(told.state, 1) == {"patient one": 0, "vip": 1}, "100 points are ten minutes"
    told.queued("in a hurry", priority=200)
    assert place(told.state, "in a hurry") == 0


@pytest.mark.req("ACD-3")
def test_between_queues_the_more_urgent_is_served_first():
    told = Story({1: BOTH}, {1: QUEUES[1], 2: replace(QUEUES[2], age_points=40)})
    told.queued("slow", queue=1)
    told.now += 60_000
    told.queued("fast", queue=2)
    told.now += 10_000
    told.ready(1)
    assert rung(told.effects) == ["slow"]
    told.tell(ev.Answered(told.now, "slow", 1))
    told.queued("slow two", queue=1)
    told.now += 60_000
    assert rung(told.tell(ev.TalkEnded(told.now, 1, "slow", 0))) == ["fast"]


def test_caller_sent_on_to_another_queue_keeps_the_age():
    told = Story({1: BOTH})
    old = told.now
    told.now += 60_000
    told.queued("new", queue=2)
    told.tell(ev.CallQueued(told.now, "sent on", 2, 0, old))
    assert place(told.state, "sent on") == 0


CALLER = st.tuples(st.integers(0, 3_600_000), st.integers(-200, 400), st.integers(1, 3))


@pytest.mark.req("ACD-3")
@given(st.lists(CALLER, max_size=30), st.integers(3_600_000, 9_000_000), st.integers(0, 9_000_000))
def test_order_within_a_queue_never_changes_and_equals_are_served_as_they_came(callers, at, later):
    queues = {number: QueueRules(number, age_points=number * 7) for number in (1, 2, 3)}
    waiting = {
        f"{n:02}": Waiting(f"{n:02}", queue, priority, since) for n, (since, priority, queue) in enumerate(callers)
    }
    state = AcdState(queues=queues, waiting=waiting)
    assert all_places(state) == {call: place(state, call) for call in waiting}
    now, then = (in_order(state, list(waiting.values()), when) for when in (at, at + later))
    for queue in queues:
        own = [entry for entry in now if entry.queue == queue]
        assert own == [entry for entry in then if entry.queue == queue]
        assert [entry.call for entry in own] == list(places(state, queue))
        for priority in {entry.priority for entry in own}:
            came = [entry.since for entry in own if entry.priority == priority]
            assert came == sorted(came)


@pytest.mark.req("ACD-3")
@settings(deadline=None)
@given(st.integers(5, 100), st.integers(5, 100), st.integers(0, 200), st.integers(30, 90))
def test_nobody_starves(mine: int, theirs: int, bonus: int, service_seconds: int):
    """One agent, and somebody with a bonus in the faster queue whenever she is free: the patient one is still served.

    Whoever comes later than the bonus is worth cannot overtake, so the wait is bounded by it.
    """
    queues = {
        1: QueueRules(1, age_points=mine, announce_seconds=0),
        2: QueueRules(2, age_points=theirs, announce_seconds=0),
    }
    told = Story({1: BOTH}, queues)
    told.ready(1)
    told.talk("first", 1)
    came = told.now
    told.queued("patient one")
    talking, number = "first", 0
    bound = came + (bonus + theirs * service_seconds) * 60_000 // mine + 3 * (service_seconds + 10) * 1000
    while True:
        told.queued(f"vip{number}", queue=2, priority=bonus)
        told.now += service_seconds * 1000
        call = rung(told.tell(ev.TalkEnded(told.now, 1, talking, 0)))[0]
        told.tell(ev.Answered(told.now, call, 1))
        if call == "patient one":
            break
        talking, number = call, number + 1
        assert told.now <= bound, "overtaken for longer than the bonus is worth"


def test_urgency_sorts_ties_by_call():
    rules = QueueRules(1)
    same = [Waiting(call, 1, 0, 5) for call in ("b", "a")]
    assert min(urgency(rules, entry, 9) for entry in same)[2] == "a"
