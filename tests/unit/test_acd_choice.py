"""Which agent is rung: strategies and skills."""

from dataclasses import replace

import pytest

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import rules
from appliance.callcenter.acd.model import AgentState, QueueRules, Strategy
from appliance.callcenter.acd.policy import Need
from tests.acd_story import QUEUES, Story

CANTONESE = 7
ALL = frozenset({1})


def story(
    strategy: Strategy, *, needs: tuple[Need, ...] = (), skills: dict[int, dict[int, int]] | None = None
) -> Story:
    queue = replace(QUEUES[1], strategy=strategy, needs=needs, announce_seconds=0)
    told = Story(dict.fromkeys((1, 2, 3), ALL), {1: queue}, skills)
    told.ready(3, 1, 2)
    return told


def rung(effects: list[ev.Effect]) -> list[int]:
    return [effect.agent for effect in effects if isinstance(effect, ev.Ring)]


def served(told: Story, call: str) -> int:
    """A whole call without wrap-up; who took it."""
    agent = rung(told.queued(call))[0]
    told.tell(ev.Answered(told.now, call, agent))
    told.tell(ev.TalkEnded(told.now, agent, call, 0))
    return agent


@pytest.mark.req("ACD-1")
def test_longest_idle_takes_turns_by_who_has_rested_longest():
    told = story(Strategy.LONGEST_IDLE)
    assert [served(told, f"c{number}") for number in range(4)] == [3, 1, 2, 3]


@pytest.mark.req("ACD-1")
def test_round_robin_goes_on_behind_the_last_and_begins_again():
    told = story(Strategy.ROUND_ROBIN)
    assert [served(told, f"c{number}") for number in range(4)] == [1, 2, 3, 1]
    told.tell(ev.BecameBusy(told.now, 2, "meal"))
    assert [served(told, f"d{number}") for number in range(2)] == [3, 1]


@pytest.mark.req("ACD-1")
def test_fewest_calls_counts_the_day_and_begins_anew_at_midnight():
    told = story(Strategy.FEWEST_CALLS)
    told.tell(ev.Restored(told.now, {1: 2, 2: 1, 3: 0}, {}))
    assert [served(told, f"c{number}") for number in range(4)] == [3, 2, 3, 1]
    told.tell(ev.DayBegan(told.now))
    assert [agent.calls for agent in told.state.agents.values()] == [0, 0, 0]


@pytest.mark.req("ACD-1")
def test_ring_all_rings_everybody_and_the_first_answer_stops_the_others():
    told = story(Strategy.RING_ALL)
    assert sorted(rung(told.queued("a"))) == [1, 2, 3]
    told.tell(ev.PhoneRings(told.now, "a", 2))
    idle = {number: told.agent(number).idle_since for number in (1, 3)}
    assert told.tell(ev.Answered(told.now, "a", 2)) == [ev.StopRinging("a", 3), ev.StopRinging("a", 1)]
    assert (told.agent(2).state, told.agent(2).call) == (AgentState.TALKING, "a")
    assert {number: (told.agent(number).state, told.agent(number).idle_since) for number in (1, 3)} == {
        number: (AgentState.READY, since) for number, since in idle.items()
    }
    assert told.agent(1).misses == told.agent(3).misses == 0


@pytest.mark.req("ACD-1")
def test_ring_all_goes_on_at_the_others_when_one_refuses_and_adds_who_becomes_free():
    told = story(Strategy.RING_ALL)
    told.tell(ev.BecameBusy(told.now, 3, "meal"))
    told.queued("a")
    assert told.tell(ev.RingFailed(told.now, "a", 1, "rejected")) == []
    assert told.state.offers == {"a": (2,)}
    assert told.tell(ev.BecameReady(told.now, 3)) == [ev.Ring("a", 3, 10)]
    assert told.queued("b") == [], "who rings is not free for the next caller"
    assert told.tell(ev.CallLeft(told.now, "a")) == [
        ev.StopRinging("a", 2), ev.StopRinging("a", 3), ev.Ring("b", 2, 10), ev.Ring("b", 3, 10),
    ]  # fmt: skip


@pytest.mark.req("ACD-1", "ACD-2")
def test_by_skill_rings_the_best_and_others_when_she_is_busy():
    told = story(
        Strategy.BY_SKILL, needs=(Need(CANTONESE, 2),), skills={1: {CANTONESE: 4}, 2: {CANTONESE: 9}, 3: {CANTONESE: 1}}
    )
    assert rung(told.queued("a")) == [2]
    assert rung(told.queued("b")) == [1]
    assert rung(told.queued("c")) == []


@pytest.mark.req("ACD-2")
def test_level_asked_for_falls_as_the_caller_waits():
    need = Need(CANTONESE, 8, relax_seconds=30, relax_by=3, lowest=2)
    assert [need.level_after(seconds * 1000) for seconds in (0, 29, 30, 60, 900)] == [8, 8, 5, 2, 2]
    assert Need(CANTONESE, 8).level_after(10**9) == 8
    assert Need(CANTONESE, 3, relax_seconds=1, lowest=5).level_after(10**6) == 3


@pytest.mark.req("ACD-2")
def test_agent_without_the_skill_is_rung_when_the_need_has_relaxed():
    told = story(
        Strategy.LONGEST_IDLE, needs=(Need(CANTONESE, 5, relax_seconds=20, relax_by=4),), skills={2: {CANTONESE: 1}}
    )
    begun = told.now
    assert told.queued("a") == []
    due = rules.next_deadline(told.state, told.now)
    assert due == begun + 20_000
    told.now = due
    assert rung(told.tell(ev.Tick(told.now))) == [2]


@pytest.mark.req("ACD-1", "ACD-2")
def test_by_skill_still_prefers_who_knows_when_the_caller_would_take_anybody():
    told = story(Strategy.BY_SKILL, skills={2: {CANTONESE: 3}})
    relaxed = Need(CANTONESE, 0)
    assert rung(told.tell(ev.CallQueued(told.now, "a", 1, 0, told.now, (relaxed,)))) == [2]


@pytest.mark.req("ACD-2")
def test_caller_without_needs_is_not_held_up_by_one_whose_expert_is_busy():
    told = story(Strategy.LONGEST_IDLE)
    told.tell(ev.CallQueued(told.now, "expert", 1, 0, told.now, (Need(CANTONESE, 5),)))
    assert rung(told.queued("other")) == [3]
    assert "expert" in told.state.waiting


def test_need_of_the_call_goes_before_that_of_its_queue():
    told = story(Strategy.LONGEST_IDLE, needs=(Need(CANTONESE, 9),), skills={1: {CANTONESE: 2}})
    told.tell(ev.CallQueued(told.now, "a", 1, 0, told.now, (Need(CANTONESE, 2),)))
    assert told.state.offers == {"a": (1,)}


def test_ring_all_of_a_large_queue_rings_no_more_than_the_limit():
    many = range(1, 40)
    told = Story(dict.fromkeys(many, ALL), {1: QueueRules(1, strategy=Strategy.RING_ALL)})
    told.ready(*many)
    assert rung(told.queued("a")) == list(range(1, 21)), "those who have rested longest"
