"""The expected wait, against lines worked out by hand and against what then happens."""

import pytest

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.estimate import USUAL_HANDLING_MS, expected_waits, minutes_of
from appliance.callcenter.acd.model import QueueRules
from appliance.callcenter.acd.policy import Need
from appliance.callcenter.control.showing import waits
from tests.acd_story import Story

QUEUES = {1: QueueRules(1, announce_seconds=0), 2: QueueRules(2, announce_seconds=0)}
ONE, BOTH = frozenset({1}), frozenset({1, 2})


def story(
    members: dict[int, frozenset[int]],
    queues: dict[int, QueueRules] = QUEUES,
    skills: dict[int, dict[int, int]] | None = None,
) -> Story:
    told = Story(members, queues, skills)
    told.tell(ev.Restored(told.now, {}, {1: ((told.now, 100_000), (told.now, 140_000))}))
    told.ready(*members)
    return told


@pytest.mark.req("ACD-4")
def test_free_agents_mean_no_wait_and_nobody_there_means_no_answer():
    told = story({1: ONE})
    waits = expected_waits(told.state, told.now)
    assert waits.queues == {1: 0}, "nobody works for the second queue"
    told.tell(ev.BecameBusy(told.now, 1, "meal"))
    assert expected_waits(told.state, told.now).queues == {}


@pytest.mark.req("ACD-4")
def test_a_wait_is_shown_in_whole_minutes_and_never_too_short():
    assert [minutes_of(seconds) for seconds in (None, 0, 1, 60, 61)] == [None, 0, 1, 1, 2]


@pytest.mark.req("ACD-4")
def test_queues_whose_wait_is_another_number_of_minutes_are_told_anew():
    assert waits.moved({1: 2, 2: 0, 3: None}, {1: 2, 2: 1, 3: 0, 4: 9}) == {2, 3}
    assert waits.moved({1: 2}, {}) == set()


@pytest.mark.req("ACD-4")
def test_line_is_played_forward_with_the_agents_there_are():
    told = story({1: ONE, 2: ONE})
    told.talk("x", 1)
    told.talk("y", 2)
    begun = [told.agent(number).engaged_at for number in (1, 2)]
    for call in "abc":
        told.queued(call)
    waits = expected_waits(told.state, told.now)
    assert waits.calls == {
        "a": begun[0] + 120_000 - told.now,
        "b": begun[1] + 120_000 - told.now,
        "c": begun[0] + 240_000 - told.now,
    }
    assert waits.queues == {1: begun[1] + 240_000 - told.now}


@pytest.mark.req("ACD-4")
def test_wrap_up_ends_at_its_deadline_and_long_talks_do_not_count_as_over():
    told = story({1: ONE})
    told.talk("x", 1)
    told.queued("a")
    told.wait(1000)
    assert expected_waits(told.state, told.now).calls == {"a": 30_000}, "a quarter of the usual"
    told.tell(ev.TalkEnded(told.now, 1, "x", 30))
    assert expected_waits(told.state, told.now).calls == {"a": 29_000}


@pytest.mark.req("ACD-4")
def test_recent_calls_count_and_old_ones_do_not():
    told = story({1: ONE})
    told.talk("x", 1)
    told.now += 19_000
    told.tell(ev.TalkEnded(told.now, 1, "x", 0))
    assert [length for _, length in told.state.handled[1]] == [100_000, 140_000, 20_000]
    told.now += 3_590_000
    told.talk("y", 1)
    told.queued("a")
    told.now += 3_000
    assert expected_waits(told.state, told.now).calls["a"] < 20_000
    told.wait(3_700)
    assert expected_waits(told.state, told.now).calls["a"] == USUAL_HANDLING_MS // 4


@pytest.mark.req("ACD-4")
def test_agents_of_several_queues_are_counted_once():
    told = story({1: BOTH})
    told.talk("x", 1)
    told.queued("a", queue=1)
    told.queued("b", queue=2)
    waits = expected_waits(told.state, told.now).calls
    assert waits["b"] == waits["a"] + 120_000


@pytest.mark.req("ACD-4")
def test_talk_and_wrap_up_make_the_handling_time():
    told = story({1: ONE})
    told.talk("x", 1)
    told.now += 49_000
    told.tell(ev.TalkEnded(told.now, 1, "x", 30))
    told.now += 9_000
    told.tell(ev.WrapUpSaved(told.now, 1, "x"))
    assert told.state.handled[1][-1][1] == 60_000


ENGLISH = 9
SKILLED = {1: QueueRules(1, announce_seconds=0, needs=(Need(ENGLISH, 3, relax_seconds=30, relax_by=2, lowest=1),))}


@pytest.mark.req("ACD-4", "ACD-2")
@pytest.mark.parametrize(
    ("level", "expected"),
    [(3, 0), (2, 30_000), (1, 30_000), (0, None)],
    ids=["able at once", "one step", "the same step", "never good enough"],
)
def test_newcomer_waits_until_what_is_needed_has_relaxed(level: int, expected: int | None):
    told = story({1: ONE}, SKILLED, {1: {ENGLISH: level}})
    assert expected_waits(told.state, told.now).queues.get(1) == expected


@pytest.mark.req("ACD-4", "ACD-2")
def test_caller_waits_for_the_able_agent_or_for_relaxing_whichever_is_sooner():
    told = story({1: ONE, 2: ONE}, SKILLED, {1: {ENGLISH: 3}, 2: {ENGLISH: 1}})
    told.talk("x", 1)
    told.wait(5)
    told.queued("a")
    entered = told.state.waiting["a"].entered_at
    told.queued("b")
    waits = expected_waits(told.state, told.now).calls
    assert waits["a"] == entered + 30_000 - told.now, "the second agent will do by then, though she is free now"
    assert waits["b"] == told.agent(1).engaged_at + 120_000 - told.now, "the first agent is free sooner than the second"


@pytest.mark.req("ACD-4", "ACD-2")
def test_nobody_able_means_no_answer_for_this_caller_and_none_for_others():
    told = story({1: BOTH}, {1: QueueRules(1, needs=(Need(ENGLISH, 3),)), 2: QUEUES[2]}, {1: {ENGLISH: 2}})
    told.queued("a", queue=1)
    told.talk("x", 1)
    told.queued("b", queue=2)
    waits = expected_waits(told.state, told.now)
    assert set(waits.calls) == {"b"}
    assert set(waits.queues) == {2}
