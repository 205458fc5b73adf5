"""Distribution as a pure function: `step(state, event) -> (state, effects)`.

Invariants, proven by tests/unit/test_acd_rules.py over random sequences: an agent is in at most one call, a call
rings at no more than one agent, nobody who waits is lost, and within one queue and priority nobody is overtaken.
"""

from dataclasses import replace

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import (
    CAUSE_NO_ANSWER,
    CAUSE_PHONE,
    CAUSE_SIGN_OUT,
    CAUSE_WRAP_UP_MISSING,
    OCCUPIED,
    ON_CALL,
    AcdState,
    Agent,
    AgentState,
    Waiting,
)
from appliance.clock import Millis

MISS_PAUSE_MS = 5_000
"""How long an agent who missed a call is left alone before the next one."""

MISSES_UNTIL_BUSY = 2

type Step = tuple[AcdState, list[ev.Effect]]


def step(state: AcdState, event: ev.Event) -> Step:
    """The state after `event`, and what has to be done. Events that no longer fit the state change nothing."""
    effects: list[ev.Effect] = []
    state = _apply(state, event, effects)
    return _assign(state, event.at, effects), effects


def next_deadline(state: AcdState) -> Millis | None:
    """When a Tick is due next, or None. Ring deadlines are kept by whoever rings."""
    deadlines: list[Millis] = [
        agent.until
        for agent in state.agents.values()
        if agent.until is not None and agent.state in {AgentState.WRAP_UP, AgentState.NOT_ANSWERING}
    ]
    for waiting in state.waiting.values():
        deadlines.append(_overflow_at(state, waiting))
        if (announce := _announce_at(state, waiting)) is not None:
            deadlines.append(announce)
    return min(deadlines, default=None)


def place(state: AcdState, call: str) -> int:
    """How many in the same queue are served before `call`."""
    mine = state.waiting[call]
    return sum(1 for other in state.waiting.values() if other.queue == mine.queue and other.order < mine.order)


# -- applying one event ------------------------------------------------------------------------------


def _apply(state: AcdState, event: ev.Event, effects: list[ev.Effect]) -> AcdState:  # noqa: C901, PLR0911, PLR0912 - a table
    match event:
        case ev.Configured():
            return _configured(state, event, effects)
        case ev.SignedIn(agent=number):
            return _signed_in(state, number, event)
        case ev.SignedOut(at, number, cause):
            return _signed_out(state, number, at, cause)
        case ev.BecameReady(at, number):
            return _became_ready(state, number, at)
        case ev.BecameBusy(at, number, cause):
            return _became_busy(state, number, at, cause)
        case ev.PhoneChanged(at, number, online):
            return _phone_changed(state, number, at, online=online)
        case ev.CallQueued():
            return _call_queued(state, event, effects)
        case ev.OfferResumed():
            return _offer_resumed(state, event, effects)
        case ev.CallLeft(at, call):
            return _call_left(state, call, at, effects)
        case ev.PhoneRings(at, call, number):
            return _phone_rings(state, call, number, at)
        case ev.Answered(at, call, number):
            return _answered(state, call, number, at)
        case ev.RingFailed():
            return _ring_failed(state, event)
        case ev.Engaged():
            return _engaged_elsewhere(state, event, effects)
        case ev.HoldChanged(at, number, holding):
            return _hold_changed(state, number, at, holding=holding)
        case ev.TalkEnded():
            return _talk_ended(state, event)
        case ev.WrapUpSaved(at, number, call):
            return _wrap_up_saved(state, number, call, at)
        case ev.WrapUpExtended(_, number, seconds):
            return _wrap_up_extended(state, number, seconds)
        case ev.Tick(at):
            return _tick(state, at, effects)


def _with_agent(state: AcdState, agent: Agent) -> AcdState:
    return replace(state, agents={**state.agents, agent.id: replace(agent, version=agent.version + 1)})


def _with_waiting(state: AcdState, waiting: Waiting) -> AcdState:
    return replace(state, waiting={**state.waiting, waiting.call: waiting})


def _without_offer(state: AcdState, call: str) -> AcdState:
    return replace(state, offers={key: value for key, value in state.offers.items() if key != call})


def _without_waiting(state: AcdState, call: str) -> AcdState:
    waiting = {key: value for key, value in state.waiting.items() if key != call}
    return replace(_without_offer(state, call), waiting=waiting)


def _free(agent: Agent, at: Millis) -> Agent:
    """What the agent becomes when nothing is left to do: what she wished, busy if she cannot be rung, else ready."""
    if agent.wrap_up_call:
        state, cause = AgentState.BUSY, CAUSE_WRAP_UP_MISSING
    elif agent.next_cause == CAUSE_SIGN_OUT:
        state, cause = AgentState.SIGNED_OUT, ""
    elif agent.next_cause:
        state, cause = AgentState.BUSY, agent.next_cause
    elif not agent.phone_online:
        state, cause = AgentState.BUSY, CAUSE_PHONE
    else:
        state, cause = AgentState.READY, ""
    next_cause = agent.next_cause if agent.wrap_up_call else ""
    return replace(agent, state=state, cause=cause, since=at, until=None, call="", idle_since=at, next_cause=next_cause)


def _configured(state: AcdState, event: ev.Configured, effects: list[ev.Effect]) -> AcdState:
    agents = dict(state.agents)
    for number, queues in event.members.items():
        known = agents.get(number, Agent(number))
        agents[number] = replace(known, queues=queues)
    for number in [number for number in agents if number not in event.members]:
        if agents[number].state in OCCUPIED:
            agents[number] = replace(agents[number], queues=frozenset())
        else:
            del agents[number]
    state = replace(state, agents=agents, queues=dict(event.queues))
    for waiting in [w for w in state.waiting.values() if w.queue not in state.queues]:
        effects.append(ev.Overflow(waiting.call, waiting.queue, "nobody"))
        state = _call_left(state, waiting.call, event.at, effects)
    return state


def _signed_in(state: AcdState, number: int, event: ev.SignedIn) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or agent.state in OCCUPIED:
        return state
    agent = replace(
        agent,
        phone=event.phone,
        phone_online=event.phone_online,
        extension=event.extension,
        outside_number=event.outside_number,
        sign_in=event.sign_in or agent.sign_in,
        misses=0,
    )
    if agent.state is AgentState.READY and not agent.phone_online:
        return _with_agent(state, _free(agent, event.at))
    if agent.state is not AgentState.SIGNED_OUT:
        return _with_agent(state, agent)
    cause = CAUSE_WRAP_UP_MISSING if agent.wrap_up_call else "signed_in"
    return _with_agent(state, replace(agent, state=AgentState.BUSY, cause=cause, since=event.at, until=None, call=""))


def _signed_out(state: AcdState, number: int, at: Millis, cause: str) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or agent.state in OCCUPIED or agent.state is AgentState.SIGNED_OUT:
        return state
    agent = replace(agent, state=AgentState.SIGNED_OUT, cause=cause, since=at, until=None, call="", next_cause="")
    agent = replace(agent, extension="")
    return _with_agent(state, agent)


def _became_ready(state: AcdState, number: int, at: Millis) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or agent.state in {AgentState.SIGNED_OUT, AgentState.READY}:
        return state
    if agent.state in OCCUPIED:
        return _with_agent(state, replace(agent, next_cause=""))
    return _with_agent(state, _free(replace(agent, next_cause="", misses=0), at))


def _became_busy(state: AcdState, number: int, at: Millis, cause: str) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or agent.state is AgentState.SIGNED_OUT:
        return state
    if agent.state in OCCUPIED or agent.state is AgentState.WRAP_UP:
        return _with_agent(state, replace(agent, next_cause=cause))
    return _with_agent(state, replace(agent, state=AgentState.BUSY, cause=cause, since=at, until=None))


def _phone_changed(state: AcdState, number: int, at: Millis, *, online: bool) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or agent.phone_online == online:
        return state
    agent = replace(agent, phone_online=online)
    idle = agent.state in {AgentState.READY, AgentState.NOT_ANSWERING}
    waiting_for_phone = agent.state is AgentState.BUSY and agent.cause == CAUSE_PHONE
    if (not online and idle) or (online and waiting_for_phone):
        agent = _free(agent, at)
    return _with_agent(state, agent)


def _call_queued(state: AcdState, event: ev.CallQueued, effects: list[ev.Effect]) -> AcdState:
    if event.call in state.waiting:
        return state
    if event.queue not in state.queues:
        effects.append(ev.Overflow(event.call, event.queue, "nobody"))
        return state
    return _with_waiting(state, Waiting(event.call, event.queue, event.priority, event.since, ticket=event.ticket))


def _offer_resumed(state: AcdState, event: ev.OfferResumed, effects: list[ev.Effect]) -> AcdState:
    call, agent = event.queued.call, state.agents.get(event.agent)
    rings = agent is not None and agent.call == call and agent.state in OCCUPIED and agent.state not in ON_CALL
    if not rings or call in state.waiting:
        return state
    state = _call_queued(state, event.queued, effects)
    if call not in state.waiting:
        return state
    return replace(state, offers={**state.offers, call: event.agent})


def _call_left(state: AcdState, call: str, at: Millis, effects: list[ev.Effect]) -> AcdState:
    offered = state.offers.get(call)
    state = _without_waiting(state, call)
    if offered is None:
        return state
    effects.append(ev.StopRinging(call, offered))
    return _released(state, offered, call, at)


def _released(state: AcdState, number: int, call: str, at: Millis) -> AcdState:
    """The agent was reserved for a call that went away: she is as idle as before."""
    agent = state.agents[number]
    if agent.call != call:
        return state
    free = _free(agent, at)
    return _with_agent(state, replace(free, idle_since=agent.idle_since))


def _phone_rings(state: AcdState, call: str, number: int, at: Millis) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or state.offers.get(call) != number or agent.state is not AgentState.RESERVED:
        return state
    return _with_agent(state, replace(agent, state=AgentState.RINGING, since=at))


def _answered(state: AcdState, call: str, number: int, at: Millis) -> AcdState:
    if state.offers.get(call) != number:
        return state
    state = _without_waiting(state, call)
    return _engaged(state, number, call, at, answered=True)


def _engaged_elsewhere(state: AcdState, event: ev.Engaged, effects: list[ev.Effect]) -> AcdState:
    """The agent took part in a call by another way. If it was waiting here, it waits and rings no longer."""
    if not _can_engage(state, event.agent, event.call):
        return state
    if state.offers.get(event.call) == event.agent:
        state = _without_waiting(state, event.call)
    else:
        state = _call_left(state, event.call, event.at, effects)
    return _engaged(state, event.agent, event.call, event.at)


def _can_engage(state: AcdState, number: int, call: str) -> bool:
    agent = state.agents.get(number)
    if agent is None or agent.state is AgentState.SIGNED_OUT or agent.state in ON_CALL:
        return False
    return agent.state not in OCCUPIED or agent.call == call


def _engaged(state: AcdState, number: int, call: str, at: Millis, *, answered: bool = False) -> AcdState:
    if not _can_engage(state, number, call):
        return state
    agent = state.agents[number]
    next_cause = agent.cause if agent.state is AgentState.BUSY and agent.cause != CAUSE_PHONE else agent.next_cause
    return _with_agent(
        state,
        replace(
            agent,
            state=AgentState.TALKING,
            cause="",
            since=at,
            until=None,
            call=call,
            misses=0 if answered else agent.misses,
            next_cause="" if next_cause == CAUSE_WRAP_UP_MISSING else next_cause,
        ),
    )


def _ring_failed(state: AcdState, event: ev.RingFailed) -> AcdState:
    number, call = event.agent, event.call
    if state.offers.get(call) != number:
        return state
    state = _without_offer(state, call)
    agent = replace(state.agents[number], call="", misses=state.agents[number].misses + 1, until=None)
    if event.reason == CAUSE_PHONE:
        agent = _free(replace(agent, phone_online=False, misses=0), event.at)
    elif agent.misses >= MISSES_UNTIL_BUSY:
        agent = replace(agent, state=AgentState.BUSY, cause=CAUSE_NO_ANSWER, since=event.at)
    else:
        until = event.at + MISS_PAUSE_MS
        agent = replace(agent, state=AgentState.NOT_ANSWERING, cause=event.reason, since=event.at, until=until)
    return _with_agent(state, agent)


def _hold_changed(state: AcdState, number: int, at: Millis, *, holding: bool) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or agent.state not in ON_CALL:
        return state
    new = AgentState.HOLDING if holding else AgentState.TALKING
    return state if agent.state is new else _with_agent(state, replace(agent, state=new, since=at))


def _talk_ended(state: AcdState, event: ev.TalkEnded) -> AcdState:
    agent = state.agents.get(event.agent)
    if agent is None or agent.state not in OCCUPIED or agent.call != event.call:
        return state
    if agent.state not in ON_CALL:  # what rang for her is gone; told while it still rings, this means nothing
        return state if state.offers.get(event.call) == agent.id else _released(state, agent.id, event.call, event.at)
    if not event.wrap_up_seconds:
        return _with_agent(state, _free(agent, event.at))
    until = event.at + event.wrap_up_seconds * 1000
    older = tuple(call for call in (*agent.owed_before, agent.wrap_up_call) if call and call != event.call)
    agent = replace(agent, state=AgentState.WRAP_UP, cause="", since=event.at, until=until, call="")
    return _with_agent(state, replace(agent, wrap_up_call=event.call, owed_before=older))


def _wrap_up_saved(state: AcdState, number: int, call: str, at: Millis) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or call not in (agent.wrap_up_call, *agent.owed_before) or not call:
        return state
    *older, current = [owed for owed in (*agent.owed_before, agent.wrap_up_call) if owed != call] or [""]
    agent = replace(agent, wrap_up_call=current, owed_before=tuple(older))
    asked = agent.state is AgentState.BUSY and agent.cause == CAUSE_WRAP_UP_MISSING
    done = not current and (asked or agent.state is AgentState.WRAP_UP)
    return _with_agent(state, _free(agent, at) if done else agent)


def _wrap_up_extended(state: AcdState, number: int, seconds: int) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or agent.state is not AgentState.WRAP_UP or agent.until is None:
        return state
    return _with_agent(state, replace(agent, until=agent.until + seconds * 1000))


# -- time --------------------------------------------------------------------------------------------


def _tick(state: AcdState, at: Millis, effects: list[ev.Effect]) -> AcdState:
    for agent in list(state.agents.values()):
        timed = agent.state in {AgentState.WRAP_UP, AgentState.NOT_ANSWERING}
        if timed and agent.until is not None and agent.until <= at:
            state = _with_agent(state, _free(agent, at))
    for waiting in sorted(state.waiting.values(), key=lambda entry: entry.order):
        state = _tick_waiting(state, waiting, at, effects)
    return state


def _tick_waiting(state: AcdState, waiting: Waiting, at: Millis, effects: list[ev.Effect]) -> AcdState:
    if waiting.call in state.offers:
        return state
    if _overflow_at(state, waiting) <= at:
        reason = "too_long" if _staffed(state, waiting.queue) else "nobody"
        effects.append(ev.Overflow(waiting.call, waiting.queue, reason))
        return _without_waiting(state, waiting.call)
    due = _announce_at(state, waiting)
    if due is not None and due <= at:
        effects.append(ev.Announce(waiting.call, place(state, waiting.call)))
        return _with_waiting(state, replace(waiting, announced_at=at))
    return state


def _staffed(state: AcdState, queue: int) -> bool:
    return any(queue in agent.queues and agent.state is not AgentState.SIGNED_OUT for agent in state.agents.values())


def _overflow_at(state: AcdState, waiting: Waiting) -> Millis:
    """When the caller has waited too long; at once when nobody serves the queue."""
    if waiting.call in state.offers or waiting.ticket:
        return 2**62
    if not _staffed(state, waiting.queue):
        return waiting.since
    return waiting.since + state.queues[waiting.queue].max_wait_seconds * 1000


def _announce_at(state: AcdState, waiting: Waiting) -> Millis | None:
    seconds = state.queues[waiting.queue].announce_seconds
    if not seconds or waiting.call in state.offers or waiting.ticket:
        return None
    return waiting.announced_at + seconds * 1000 if waiting.announced_at else waiting.since


# -- assignment --------------------------------------------------------------------------------------


def _assign(state: AcdState, at: Millis, effects: list[ev.Effect]) -> AcdState:
    """Offer the longest idle suitable agent to each waiting call, most urgent call first."""
    idle = sorted(
        (agent for agent in state.agents.values() if agent.state is AgentState.READY),
        key=lambda agent: (agent.idle_since, agent.id),
    )
    if not idle or len(state.offers) == len(state.waiting):
        return state
    for waiting in sorted(state.waiting.values(), key=lambda entry: entry.order):
        if waiting.call in state.offers:
            continue
        agent = next((agent for agent in idle if waiting.queue in agent.queues), None)
        if agent is None:
            continue
        idle.remove(agent)
        state = _reserve(state, waiting, agent, at)
        effects.append(ev.Ring(waiting.call, agent.id, state.queues[waiting.queue].ring_seconds))
    return state


def _reserve(state: AcdState, waiting: Waiting, agent: Agent, at: Millis) -> AcdState:
    until = at + state.queues[waiting.queue].ring_seconds * 1000
    reserved = replace(agent, state=AgentState.RESERVED, cause="", since=at, until=until, call=waiting.call)
    state = replace(state, offers={**state.offers, waiting.call: agent.id})
    return _with_agent(state, reserved)
