"""Sticky routing: whom a caller should reach, and that nobody waits for ever for one person."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import AcdState, Agent, AgentState, QueueRules
from appliance.callcenter.acd.rules import next_deadline, step
from appliance.callcenter.calls.contacts import DAY_MS, TALKED, TRIED, ByNumber, Contact, StickyRules, choose, rules_for

RULES = StickyRules(tried_days=3, talked_days=7, wait_ms=30_000)
NOW = 100 * DAY_MS


def contact(agent: int, days_ago: float, kind: str) -> Contact:
    return Contact(agent, round(NOW - days_ago * DAY_MS), f"c{agent}", kind)


@pytest.mark.req("ACD-7")
def test_an_outside_number_switches_it_on_or_off_or_leaves_it_to_the_queue() -> None:
    silent = StickyRules(wait_ms=5_000)
    assert [rules_for(RULES, by_number) for by_number in ByNumber] == [RULES, RULES, StickyRules()]
    assert rules_for(silent, ByNumber.QUEUE) == silent
    assert rules_for(silent, ByNumber.OFF).days == 0
    assert rules_for(silent, ByNumber.ON) == StickyRules(3, 7, 5_000)


@pytest.mark.req("ACD-7")
@pytest.mark.parametrize(
    ("contacts", "agent"),
    [
        ([], None),
        ([contact(1, 1, TALKED)], 1),
        ([contact(1, 1, TALKED), contact(2, 2, TALKED)], 1),
        ([contact(1, 2, TALKED), contact(2, 1, TRIED)], 2),
        ([contact(1, 1, TALKED), contact(2, 2, TRIED)], 1),
        ([contact(2, 4, TRIED)], None),
        ([contact(1, 5, TALKED), contact(2, 4, TRIED)], 1),
        ([contact(1, 8, TALKED)], None),
        ([contact(1, 1, TRIED), contact(2, 0.5, TRIED)], 2),
    ],
)
def test_who_tried_in_vain_comes_first_then_who_talked_last(contacts: list[Contact], agent: int | None) -> None:
    chosen = choose(contacts, RULES, NOW)
    assert (chosen.agent if chosen else None) == agent
    assert choose(contacts, StickyRules(), NOW) is None, "switched off"


def floor(*states: AgentState) -> AcdState:
    agents = {
        key: Agent(key, state, queues=frozenset({1}), phone_online=True, idle_since=key, call="x" * (state in CALLS))
        for key, state in enumerate(states, 1)
    }
    return AcdState(agents=agents, queues={1: QueueRules(1, announce_seconds=0)})


CALLS = {AgentState.TALKING, AgentState.HOLDING}


def queued(call: str, agent: int | None, *, at: int = 1000, wait: int = 30_000) -> ev.CallQueued:
    return ev.CallQueued(at, call, 1, 0, at, preferred=agent, preferred_until=at + wait)


def rung(effects: list[ev.Effect]) -> list[tuple[str, int]]:
    return [(effect.call, effect.agent) for effect in effects if isinstance(effect, ev.Ring)]


@pytest.mark.req("ACD-7")
@pytest.mark.parametrize(
    ("state", "at_once"),
    [
        (AgentState.READY, 2),
        (AgentState.TALKING, None),
        (AgentState.WRAP_UP, None),
        (AgentState.BUSY, 1),
        (AgentState.NOT_ANSWERING, 1),
        (AgentState.SIGNED_OUT, 1),
    ],
)
def test_the_preferred_agent_is_waited_for_only_while_she_will_be_back(state: AgentState, at_once: int | None) -> None:
    _, effects = step(floor(AgentState.READY, state), queued("a", 2))
    assert rung(effects) == ([("a", at_once)] if at_once else [])


@pytest.mark.req("ACD-7")
def test_when_the_time_is_over_whoever_is_free_takes_the_call_which_kept_its_place() -> None:
    state, _ = step(floor(AgentState.READY, AgentState.TALKING), queued("a", 2))
    assert next_deadline(state, 1000) == 31_000
    state, effects = step(state, ev.Tick(30_999))
    assert rung(effects) == []
    state, effects = step(state, ev.Tick(31_000))
    assert rung(effects) == [("a", 1)]
    state, effects = step(state, queued("b", None, at=32_000))
    assert (state.waiting["a"].since, rung(effects)) == (1000, [])


@pytest.mark.req("ACD-7")
def test_an_agent_of_another_queue_may_be_preferred_and_others_are_not_held_up() -> None:
    state = floor(AgentState.TALKING, AgentState.READY)
    state = replace(state, agents={**state.agents, 1: replace(state.agents[1], queues=frozenset())})
    state, effects = step(state, queued("a", 1))
    assert rung(effects) == []
    state, effects = step(state, queued("b", None, at=2000))
    assert rung(effects) == [("b", 2)], "who wants nobody in particular is served meanwhile"
    _, effects = step(state, ev.TalkEnded(3000, 1, "x", 0))
    assert rung(effects) == [("a", 1)]


@pytest.mark.req("ACD-7", "ACD-3")
@given(
    st.lists(st.tuples(st.sampled_from([None, 1, 2, 3]), st.integers(0, 60_000)), min_size=1, max_size=8),
    st.lists(st.sampled_from(list(AgentState)), min_size=3, max_size=3),
)
def test_nobody_starves_for_a_preference(wishes: list[tuple[int | None, int]], states: list[AgentState]) -> None:
    """With one agent who keeps answering, every caller is served once all preferences are over."""
    state = floor(AgentState.READY, *states[1:])
    served: list[str] = []
    at = 1000
    for number, (agent, wait) in enumerate(wishes):
        state, effects = step(state, queued(f"c{number}", agent, at=at + number, wait=wait))
        served += [call for call, who in rung(effects) if who == 1]
        waiting_for_others = [call for call, who in rung(effects) if who != 1]
        for call in waiting_for_others:
            state, _ = step(state, ev.CallLeft(at + number, call))
            served.append(call)
    at = 100_000
    for _ in range(3 * len(wishes)):
        at += 1000
        state, effects = step(state, ev.Tick(at))
        for call, (who, *_) in list(state.offers.items()):
            state, more = step(state, ev.Answered(at, call, who))
            state, again = step(state, ev.TalkEnded(at, who, call, 0))
            effects = [*effects, *more, *again]
            served.append(call)
    assert not state.waiting
    assert {f"c{number}" for number in range(len(wishes))} <= set(served)
