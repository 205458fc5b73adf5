"""Distribution under every order of events: nobody lost, nobody doubled, nobody overtaken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import rules
from appliance.callcenter.acd.model import (
    CAUSE_NO_ANSWER,
    CAUSE_PHONE,
    CAUSE_WRAP_UP_MISSING,
    OCCUPIED,
    ON_CALL,
    AcdState,
    Agent,
    AgentState,
    QueueRules,
)

QUEUES = {
    1: QueueRules(1, ring_seconds=10, announce_seconds=30, max_wait_seconds=120),
    2: QueueRules(2, ring_seconds=20, announce_seconds=0, max_wait_seconds=600),
}
AGENTS = range(1, 5)
CALLS = [f"c{number}" for number in range(6)]

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


@dataclass
class Ledger:
    """What really happened, kept by simple book-keeping on the events and effects alone."""

    inside: dict[str, ev.CallQueued] = field(default_factory=dict)
    ringing: dict[str, int] = field(default_factory=dict)
    talking: dict[int, str] = field(default_factory=dict)
    owed: dict[int, set[str]] = field(default_factory=dict)
    ended: list[tuple[str, str]] = field(default_factory=list)

    def leave(self, call: str, how: str) -> None:
        del self.inside[call]
        self.ended.append((call, how))

    def before(self, state: AcdState, event: ev.Event) -> None:
        """What the event means by itself. Events about calls that are not so are stale and mean nothing."""
        match event:
            case ev.CallQueued(call=call) if call not in self.inside:
                self.inside[call] = event
            case ev.CallLeft(call=call) if call in self.inside:
                self.leave(call, "left")
            case ev.Answered(call=call, agent=agent) if self.ringing.get(call) == agent:
                del self.ringing[call]
                self.leave(call, "answered")
                self.talking[agent] = call
            case ev.RingFailed(call=call, agent=agent) if self.ringing.get(call) == agent:
                del self.ringing[call]
            case ev.Engaged(agent=agent, call=call) if self.may_engage(state, agent, call):
                self.engage(agent, call)
            case ev.TalkEnded(agent=agent, call=call) if self.talking.get(agent) == call:
                del self.talking[agent]
                if event.wrap_up_seconds:
                    self.owed.setdefault(agent, set()).add(call)
            case ev.WrapUpSaved(agent=agent, call=call):
                self.owed.get(agent, set()).discard(call)

    def may_engage(self, state: AcdState, agent: int, call: str) -> bool:
        known = state.agents.get(agent)
        elsewhere = agent in self.ringing.values() and self.ringing.get(call) != agent
        return (
            known is not None
            and known.state is not AgentState.SIGNED_OUT
            and agent not in self.talking
            and not elsewhere
        )

    def engage(self, agent: int, call: str) -> None:
        if call in self.inside:
            self.leave(call, "taken")
        if self.ringing.get(call) == agent:
            del self.ringing[call]
        self.talking[agent] = call

    def after(self, effects: list[ev.Effect]) -> None:
        for effect in effects:
            match effect:
                case ev.Ring(call, agent, seconds):
                    assert call in self.inside
                    assert call not in self.ringing, "a call offered to two agents"
                    assert agent not in self.ringing.values(), "an agent offered two calls"
                    assert agent not in self.talking, "an agent rung while she talks"
                    assert seconds > 0
                    self.ringing[call] = agent
                case ev.StopRinging(call, agent):
                    assert self.ringing.pop(call) == agent
                case ev.Overflow(call, queue, _):
                    assert self.inside[call].queue == queue
                    self.leave(call, "overflow")
                case ev.Announce(call, ahead):
                    assert call in self.inside
                    assert ahead >= 0


def check_agrees(state: AcdState, ledger: Ledger) -> None:
    """The rules' picture is the true one."""
    assert set(state.waiting) == set(ledger.inside), "somebody is lost or doubled"
    assert state.offers == ledger.ringing
    by_agent = {agent: call for call, agent in ledger.ringing.items()}
    for agent in state.agents.values():
        if agent.state in ON_CALL:
            assert ledger.talking.get(agent.id) == agent.call
        elif agent.state in OCCUPIED:
            assert by_agent.get(agent.id) == agent.call
        else:
            assert agent.id not in ledger.talking
            assert agent.id not in by_agent
            assert agent.call == ""
    for number in (*ledger.talking, *by_agent):
        assert number in state.agents


def check_ready_means_ready(state: AcdState, ledger: Ledger) -> None:
    for agent in state.agents.values():
        if agent.state in {AgentState.READY, AgentState.RESERVED, AgentState.RINGING}:
            assert not ledger.owed.get(agent.id), "ready with a form still owed"
        if agent.state is AgentState.READY:
            assert agent.phone_online, "ready without a telephone"
        if agent.state in {AgentState.WRAP_UP, AgentState.NOT_ANSWERING}:
            assert agent.until is not None
        if agent.state is AgentState.BUSY:
            assert agent.cause


def check_served_in_order(after: AcdState, effects: list[ev.Effect]) -> None:
    """Every ring goes to the longest idle member, for the first caller of her queue and priority."""
    left = [call for call in after.waiting.values() if call.call not in after.offers]
    idle = [agent for agent in after.agents.values() if agent.state is AgentState.READY]
    for ring in (effect for effect in effects if isinstance(effect, ev.Ring)):
        served, agent = after.waiting[ring.call], after.agents[ring.agent]
        assert served.queue in agent.queues, "rung for a queue she does not serve"
        overtaken = [call for call in left if call.queue == served.queue and call.order < served.order]
        assert not overtaken
        longer = [other for other in idle if served.queue in other.queues and other.idle_since < agent.idle_since]
        assert not longer
    stuck = [(call.call, agent.id) for call in left for agent in idle if call.queue in agent.queues]
    assert not stuck, "somebody waits while somebody is free"


def check_deadlines(state: AcdState, at: int) -> None:
    due = rules.next_deadline(state)
    assert due is None or due > at


class Day:
    """A small call centre and what is told to it. Each move is a number: which event, about whom, how.

    Most moves are what could really happen next (the caller at a phone answers it, a talk ends); the rest is
    nonsense: events about calls and agents for which they are not true, or not any more.
    """

    def __init__(self) -> None:
        self.state = AcdState()
        self.ledger = Ledger()
        self.now = 1_000_000
        self.told: list[ev.Event] = []
        members = {number: frozenset({1, 2} if number % 2 else {1}) for number in AGENTS}
        self.tell(ev.Configured(self.now, QUEUES, members))
        for agent in AGENTS:
            self.tell(ev.SignedIn(self.now, agent, "sip", phone_online=True))
            self.tell(ev.BecameReady(self.now, agent))

    def tell(self, event: ev.Event) -> None:
        self.told.append(event)
        before = self.state
        self.ledger.before(before, event)
        self.state, effects = rules.step(before, event)
        self.ledger.after(effects)
        check_served_in_order(self.state, effects)
        check_agrees(self.state, self.ledger)
        check_ready_means_ready(self.state, self.ledger)
        if isinstance(event, ev.Tick):
            check_deadlines(self.state, event.at)
        if isinstance(event, REPEATABLE) and getattr(event, "queue", 1) in self.state.queues:
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
        ringing = sorted(self.ledger.ringing.items())
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
                return None if with_agent else ev.CallQueued(at, call, queue, pick // 5 % 2, since)
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
        occupied = {*self.ledger.talking, *self.ledger.ringing.values()}
        for agent in set(AGENTS) - set(kept) - occupied:
            self.ledger.owed.pop(agent, None)
        return ev.Configured(self.now, QUEUES if pick % 3 else {1: QUEUES[1]}, kept)

    def finish(self) -> None:
        """When the agents work on, everybody is served or sent on within a bounded number of steps."""
        self.tell(ev.Configured(self.now, QUEUES, {number: frozenset({1, 2}) for number in AGENTS}))
        for _ in range(200):
            if not self.state.waiting:
                return
            self.work_on()
        pytest.fail("somebody waits for ever")

    def work_on(self) -> None:
        for call, agent in sorted(self.ledger.ringing.items()):
            self.tell(ev.Answered(self.now, call, agent))
        for agent, call in sorted(self.ledger.talking.items()):
            self.tell(ev.TalkEnded(self.now, agent, call, 0))
        due = rules.next_deadline(self.state)
        if due is not None and not self.ledger.ringing:
            self.now = max(self.now, due)
            self.tell(ev.Tick(self.now))


@pytest.mark.req("ACD-1", "ACD-3", "ACD-8")
@settings(max_examples=1500, deadline=None)
@given(moves=st.lists(st.integers(0, 2**40), min_size=20, max_size=120))
def test_nobody_is_lost_doubled_or_overtaken_whatever_happens(moves: list[int]) -> None:
    day = Day()
    for number in moves:
        day.move(number)
    day.finish()


# -- single rules, told as stories -------------------------------------------------------------------


class Story:
    """A few events one after another, one second apart."""

    def __init__(self, members: Mapping[int, frozenset[int]] | None = None) -> None:
        self.now = 1_000_000
        self.state = AcdState()
        self.effects: list[ev.Effect] = []
        self.tell(ev.Configured(self.now, QUEUES, members or {1: frozenset({1}), 2: frozenset({1})}))

    def tell(self, event: ev.Event) -> list[ev.Effect]:
        self.state, effects = rules.step(self.state, event)
        self.effects += effects
        self.now += 1_000
        return effects

    def ready(self, *agents: int) -> None:
        for agent in agents:
            self.tell(ev.SignedIn(self.now, agent, "sip", phone_online=True))
            self.tell(ev.BecameReady(self.now, agent))

    def queued(self, call: str, queue: int = 1, priority: int = 0) -> list[ev.Effect]:
        return self.tell(ev.CallQueued(self.now, call, queue, priority, self.now))

    def talk(self, call: str, agent: int) -> None:
        self.queued(call)
        self.tell(ev.Answered(self.now, call, agent))

    def agent(self, number: int) -> Agent:
        return self.state.agents[number]


@pytest.mark.req("ACD-1")
def test_longest_idle_agent_is_rung():
    story = Story()
    story.ready(2, 1)
    assert story.queued("a") == [ev.Ring("a", 2, 10)]
    assert story.queued("b") == [ev.Ring("b", 1, 10)]


@pytest.mark.req("ACD-3")
def test_vip_is_served_before_those_who_came_earlier():
    story = Story()
    story.queued("first")
    story.queued("vip", priority=5)
    story.ready(1)
    assert [effect.call for effect in story.effects if isinstance(effect, ev.Ring)] == ["vip"]
    assert rules.place(story.state, "first") == 1


@pytest.mark.req("ACD-8")
def test_ring_timeout_goes_to_the_next_agent_and_twice_missed_makes_busy():
    story = Story()
    story.ready(1, 2)
    story.queued("a")
    assert story.tell(ev.RingFailed(story.now, "a", 1, "no_answer")) == [ev.Ring("a", 2, 10)]
    assert story.agent(1).state is AgentState.NOT_ANSWERING
    story.now += rules.MISS_PAUSE_MS
    story.tell(ev.Tick(story.now))
    assert story.agent(1).state is AgentState.READY
    story.queued("b")
    story.tell(ev.RingFailed(story.now, "b", 1, "no_answer"))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_NO_ANSWER)


@pytest.mark.req("ACD-8")
def test_form_not_saved_in_time_keeps_the_agent_busy_until_it_is():
    story = Story()
    story.ready(1)
    story.talk("a", 1)
    story.tell(ev.TalkEnded(story.now, 1, "a", 30))
    assert story.agent(1).state is AgentState.WRAP_UP
    story.tell(ev.BecameReady(story.now, 1))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_WRAP_UP_MISSING)
    story.tell(ev.WrapUpSaved(story.now, 1, "a"))
    assert story.agent(1).state is AgentState.READY


def test_two_forms_owed_are_both_asked_for():
    story = Story()
    story.ready(1)
    story.talk("a", 1)
    story.tell(ev.TalkEnded(story.now, 1, "a", 30))
    story.tell(ev.Engaged(story.now, 1, "dialled"))
    story.tell(ev.TalkEnded(story.now, 1, "dialled", 30))
    story.tell(ev.WrapUpSaved(story.now, 1, "dialled"))
    assert story.agent(1).wrap_up_call == "a"
    story.now += 60_000
    story.tell(ev.Tick(story.now))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_WRAP_UP_MISSING)
    story.tell(ev.WrapUpSaved(story.now, 1, "a"))
    assert story.agent(1).state is AgentState.READY


def test_agent_who_loses_her_phone_while_ringing_is_busy_until_it_is_back():
    story = Story()
    story.ready(1)
    story.queued("a")
    story.tell(ev.RingFailed(story.now, "a", 1, "phone"))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_PHONE)
    assert story.tell(ev.PhoneChanged(story.now, 1, online=True)) == [ev.Ring("a", 1, 10)]


def test_agent_without_a_telephone_is_never_ready():
    story = Story()
    story.ready(1)
    story.tell(ev.SignedIn(story.now, 1, "web", phone_online=False))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, CAUSE_PHONE)


def test_call_of_a_signed_out_agent_does_not_sign_her_in():
    story = Story()
    story.tell(ev.Engaged(story.now, 1, "x"))
    story.tell(ev.TalkEnded(story.now, 1, "x", 0))
    assert story.agent(1).state is AgentState.SIGNED_OUT


def test_end_of_talk_told_while_it_rings_does_not_lose_the_caller():
    story = Story()
    story.ready(1)
    story.queued("a")
    story.tell(ev.TalkEnded(story.now, 1, "a", 30))
    assert story.state.offers == {"a": 1}
    assert story.agent(1).state is AgentState.RESERVED


def test_caller_for_a_queue_that_does_not_exist_overflows_at_once():
    story = Story()
    assert story.queued("a", queue=77) == [ev.Overflow("a", 77, "nobody")]
    assert rules.next_deadline(story.state) is None


def test_caller_for_a_queue_without_agents_overflows_at_the_next_tick():
    story = Story()
    story.queued("a")
    due = rules.next_deadline(story.state)
    assert due is not None
    assert due <= story.now
    assert story.tell(ev.Tick(story.now)) == [ev.Overflow("a", 1, "nobody")]


def test_agent_taken_out_of_her_queues_in_a_talk_gets_no_further_call():
    story = Story()
    story.ready(1)
    story.talk("a", 1)
    story.tell(ev.Configured(story.now, QUEUES, {2: frozenset({1})}))
    story.queued("b")
    assert story.tell(ev.TalkEnded(story.now, 1, "a", 0)) == []
    assert "b" in story.state.waiting


def test_call_taken_directly_stops_ringing_elsewhere():
    story = Story()
    story.ready(1)
    story.queued("a")
    story.tell(ev.SignedIn(story.now, 2, "sip", phone_online=True))
    assert story.tell(ev.Engaged(story.now, 2, "a")) == [ev.StopRinging("a", 1)]
    assert story.agent(1).state is AgentState.READY
    assert story.agent(2).call == "a"
    assert not story.state.waiting


@pytest.mark.req("ACD-4")
def test_position_is_told_first_at_once_and_then_at_its_interval():
    story = Story()
    story.tell(ev.SignedIn(story.now, 1, "sip", phone_online=True))
    story.queued("a")
    story.queued("b")
    assert story.tell(ev.Tick(story.now)) == [ev.Announce("a", 0), ev.Announce("b", 1)]
    due = rules.next_deadline(story.state)
    assert due is not None
    assert due - story.now == 29_000


def test_agent_busy_before_a_dialled_call_is_busy_again_after_it():
    story = Story()
    story.ready(1)
    story.tell(ev.BecameBusy(story.now, 1, "meal"))
    story.tell(ev.Engaged(story.now, 1, "out"))
    story.tell(ev.TalkEnded(story.now, 1, "out", 0))
    assert (story.agent(1).state, story.agent(1).cause) == (AgentState.BUSY, "meal")
