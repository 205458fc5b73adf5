"""Distribution under every order of events: nobody lost, nobody doubled, nobody overtaken."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import rules
from appliance.callcenter.acd.assignment import is_able, levels_needed
from appliance.callcenter.acd.model import (
    AcdState,
    Agent,
    AgentState,
    QueueRules,
    Strategy,
    Waiting,
)
from appliance.callcenter.acd.ordering import urgency
from appliance.callcenter.acd.policy import (
    After,
    Announce,
    Length,
    Message,
    Need,
    OfferCallback,
    OtherQueue,
    StartFlow,
    Step,
    Unstaffed,
)
from tests.acd_ledger import Ledger, check_agrees, check_ready_means_ready

LEAVE = (Step(Unstaffed(), Message()), Step(After(120), Message()))
CANTONESE, ENGLISH = 7, 8
NEEDS = (Need(CANTONESE, 6, relax_seconds=20, relax_by=2),)
QUEUES = {
    1: QueueRules(1, ring_seconds=10, announce_seconds=30, steps=LEAVE),
    2: QueueRules(
        2,
        ring_seconds=20,
        announce_seconds=0,
        age_points=30,
        steps=(
            Step(Length(2), OtherQueue(1)),
            Step(After(30), Announce(5)),
            Step(After(45), OfferCallback()),
            Step(After(60), StartFlow(1)),
            Step(Unstaffed(), OtherQueue(1)),
        ),
    ),
}
SKILLS = {1: {CANTONESE: 9}, 2: {CANTONESE: 3, ENGLISH: 5}}
AGENTS = range(1, 5)
CALLS = [f"c{number}" for number in range(6)]
STRATEGIES = list(Strategy)


def queues_with(strategy: Strategy) -> dict[int, QueueRules]:
    """Queue 1 distributes so, queue 2 otherwise; with skills in the first where they matter most."""
    other = STRATEGIES[(STRATEGIES.index(strategy) + 2) % len(STRATEGIES)]
    needs = NEEDS if strategy in {Strategy.BY_SKILL, Strategy.RING_ALL} else ()
    return {1: replace(QUEUES[1], strategy=strategy, needs=needs), 2: replace(QUEUES[2], strategy=other)}


REPEATABLE = (
    ev.CallQueued
    | ev.CallLeft
    | ev.PhoneRings
    | ev.Answered
    | ev.RingFailed
    | ev.Engaged
    | ev.HoldChanged
    | ev.TalkEnded
    | ev.WrapUpSaved
    | ev.PhoneChanged
    | ev.SignedOut
    | ev.Tick
)
"""Events that, told twice, must not do anything the second time."""


def may_serve(state: AcdState, agent: Agent, call: Waiting, at: int) -> bool:
    return call.queue in agent.queues and is_able(state, agent.id, levels_needed(call, at))


def check_served_in_order(after: AcdState, effects: list[ev.Effect], at: int) -> None:
    """Every ring goes to a member with the skills, for whom nobody more urgent waits; the strategy chose her."""
    left = [call for call in after.waiting.values() if call.call not in after.offers]
    idle = [agent for agent in after.agents.values() if agent.state is AgentState.READY]
    for ring in (effect for effect in effects if isinstance(effect, ev.Ring)):
        served, agent = after.waiting[ring.call], after.agents[ring.agent]
        assert may_serve(after, agent, served, at), "rung for a caller whom she cannot serve"
        mine = urgency(after.queues[served.queue], served, at)
        overtaken = [
            call
            for call in left
            if may_serve(after, agent, call, at) and urgency(after.queues[call.queue], call, at) < mine
        ]
        assert not overtaken
        better = [
            other for other in idle if may_serve(after, other, served, at) and goes_before(after, served, other, agent)
        ]
        assert not better
    stuck = [(call.call, agent.id) for call in left for agent in idle if may_serve(after, agent, call, at)]
    assert not stuck, "somebody waits while somebody is free"


def goes_before(state: AcdState, call: Waiting, other: Agent, rung: Agent) -> bool:
    """Whether the queue's strategy should have chosen `other`, who stayed free."""
    match state.queues[call.queue].strategy:
        case Strategy.FEWEST_CALLS:
            return (other.calls, other.idle_since) < (rung.calls, rung.idle_since)
        case Strategy.RING_ALL:
            return True
        case Strategy.BY_SKILL:
            needed = [need.skill for need in call.needs]
            return sum(SKILLS.get(other.id, {}).get(skill, 0) for skill in needed) > sum(
                SKILLS.get(rung.id, {}).get(skill, 0) for skill in needed
            )
        case Strategy.LONGEST_IDLE:
            return other.idle_since < rung.idle_since
        case Strategy.ROUND_ROBIN:
            return False


def check_deadlines(state: AcdState, at: int) -> None:
    due = rules.next_deadline(state, at)
    assert due is None or due > at


def came_too_early(event: ev.Event, effects: list[ev.Effect]) -> bool:
    """Whether the event spoke of a ringing that it was itself the occasion for: told again, it is true."""
    about = (getattr(event, "call", ""), getattr(event, "agent", 0))
    return any(isinstance(effect, ev.Ring) and (effect.call, effect.agent) == about for effect in effects)


class Day:
    """A small call centre and what is told to it. Each move is a number: which event, about whom, how.

    Most moves are what could really happen next (the caller at a phone answers it, a talk ends); the rest is
    nonsense: events about calls and agents for which they are not true, or not any more.
    """

    def __init__(self, strategy: Strategy) -> None:
        self.queues = queues_with(strategy)
        self.state = AcdState()
        self.ledger = Ledger()
        self.now = 1_000_000
        self.told: list[ev.Event] = []
        members = {number: frozenset({1, 2} if number % 2 else {1}) for number in AGENTS}
        self.tell(ev.Configured(self.now, self.queues, members, SKILLS))
        for agent in AGENTS:
            self.tell(ev.SignedIn(self.now, agent, "sip", phone_online=True))
            self.tell(ev.BecameReady(self.now, agent))

    def tell(self, event: ev.Event) -> None:
        self.told.append(event)
        before = self.state
        self.ledger.before(before, event)
        self.state, effects = rules.step(before, event)
        self.ledger.after(effects, before.queues)
        check_served_in_order(self.state, effects, event.at)
        check_agrees(self.state, self.ledger)
        check_ready_means_ready(self.state, self.ledger)
        if isinstance(event, ev.Tick):
            check_deadlines(self.state, event.at)
        repeatable = isinstance(event, REPEATABLE) and getattr(event, "queue", 1) in self.state.queues
        if repeatable and not came_too_early(event, effects):
            assert rules.step(self.state, event) == (self.state, []), "told twice, done twice"

    def move(self, number: int) -> None:
        number, kind = divmod(number, 24)
        number, agent = divmod(number, len(AGENTS))
        number, call = divmod(number, len(CALLS))
        self.now += (0, 1, 900, 4_000)[number % 4]
        event = self.likely(kind, number // 4) or self.anything(kind, CALLS[call], AGENTS[agent], number // 4)
        if event is not None:
            self.tell(event)

    def likely(self, kind: int, pick: int) -> ev.Event | None:
        """The events that go on with what there is."""
        ringing = sorted((call, agent) for call, agents in self.ledger.ringing.items() for agent in agents)
        talking = sorted(self.ledger.talking.items())
        owed = sorted((agent, call) for agent, calls in self.ledger.owed.items() for call in calls)
        if kind in {0, 1} and ringing:
            call, agent = ringing[pick % len(ringing)]
            return ev.Answered(self.now, call, agent)
        if kind == 2 and ringing:
            call, agent = ringing[pick % len(ringing)]
            return ev.RingFailed(self.now, call, agent, ("no_answer", "rejected", "phone")[pick // 7 % 3])
        if kind in {3, 4} and talking:
            agent, call = talking[pick % len(talking)]
            return ev.TalkEnded(self.now, agent, call, (0, 30)[pick // 7 % 2])
        if kind == 5 and owed:
            agent, call = owed[pick % len(owed)]
            return ev.WrapUpSaved(self.now, agent, call)
        if kind == 6 and ringing:
            call, agent = ringing[pick % len(ringing)]
            return ev.PhoneRings(self.now, call, agent)
        return None

    def anything(self, kind: int, call: str, agent: int, pick: int) -> ev.Event | None:  # noqa: PLR0911, PLR0912
        """Any event about anybody."""
        at = self.now
        match kind:
            case 0:
                return ev.Answered(at, call, agent)
            case 2:
                return ev.RingFailed(at, call, agent, "no_answer")
            case 3:
                return ev.TalkEnded(at, agent, call, 30)
            case 5:
                return ev.WrapUpSaved(at, agent, call)
            case 6:
                return ev.PhoneRings(at, call, agent)
            case 7 | 8 | 9 | 10:
                with_agent = call in self.ledger.talking.values()
                queue = (1, 1, 2, 2, 9)[pick % 5]
                since = at - pick % 3 * 1_000
                needs = (Need(ENGLISH, 4, relax_seconds=10),) if pick // 10 % 4 == 0 else ()
                return None if with_agent else ev.CallQueued(at, call, queue, pick // 5 % 2, since, needs)
            case 11:
                return ev.CallLeft(at, call)
            case 12:
                return ev.HoldChanged(at, agent, holding=pick % 2 == 0)
            case 13:
                elsewhere = call in self.ledger.talking.values() and self.ledger.talking.get(agent) != call
                return ev.Engaged(at, agent, "dialled" + str(agent) if elsewhere or pick % 2 else call)
            case 14:
                return ev.PhoneChanged(at, agent, online=pick % 3 > 0)
            case 15:
                return ev.SignedIn(at, agent, "web", phone_online=pick % 4 > 0)
            case 16:
                return ev.SignedOut(at, agent)
            case 17 | 18:
                return ev.BecameReady(at, agent)
            case 19:
                return ev.BecameBusy(at, agent, "meal")
            case 20:
                return ev.WrapUpExtended(at, agent, 1 + pick % 60)
            case 21:
                return self.configured(pick)
            case _:
                self.now += (0, 900, 31_000, 130_000)[pick % 4]
                return ev.Tick(self.now)

    def configured(self, pick: int) -> ev.Event:
        """Other queues for the agents; now and then an agent or a queue is taken away."""
        choices = (frozenset({1}), frozenset({2}), frozenset({1, 2}), frozenset[int](), None)
        members = {agent: choices[pick // 5**agent % 5] for agent in AGENTS}
        kept = {agent: queues for agent, queues in members.items() if queues is not None}
        occupied = {*self.ledger.talking, *(agent for agents in self.ledger.ringing.values() for agent in agents)}
        for agent in set(AGENTS) - set(kept) - occupied:
            self.ledger.owed.pop(agent, None)
        return ev.Configured(self.now, self.queues if pick % 3 else {1: self.queues[1]}, kept, SKILLS)

    def finish(self) -> None:
        """When the agents work on, everybody is served or sent on within a bounded number of steps."""
        self.tell(ev.Configured(self.now, self.queues, {number: frozenset({1, 2}) for number in AGENTS}, SKILLS))
        for _ in range(200):
            if not self.state.waiting:
                return
            self.work_on()
        pytest.fail("somebody waits for ever")

    def work_on(self) -> None:
        for call, agents in sorted(self.ledger.ringing.items()):
            self.tell(ev.Answered(self.now, call, min(agents)))
        for agent, call in sorted(self.ledger.talking.items()):
            self.tell(ev.TalkEnded(self.now, agent, call, 0))
        due = rules.next_deadline(self.state, self.now)
        if due is not None and not self.ledger.ringing:
            self.now = max(self.now, due)
            self.tell(ev.Tick(self.now))


@pytest.mark.req("ACD-1", "ACD-2", "ACD-3", "ACD-5", "ACD-8")
@settings(max_examples=1500, deadline=None)
@given(strategy=st.sampled_from(Strategy), moves=st.lists(st.integers(0, 2**40), min_size=20, max_size=120))
def test_nobody_is_lost_doubled_or_overtaken_whatever_happens(strategy: Strategy, moves: list[int]) -> None:
    day = Day(strategy)
    for number in moves:
        day.move(number)
    day.finish()
