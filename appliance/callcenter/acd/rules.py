"""Distribution as a pure function: `step(state, event) -> (state, effects)`.

Invariants, proven by tests/unit/test_acd_*.py over random sequences: an agent is in at most one call, a call rings at
no more agents than its queue's strategy says, nobody who waits is lost, and nobody is overtaken for an agent who could
have served her.
"""

from collections.abc import Mapping
from dataclasses import replace

from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd import timetable
from appliance.callcenter.acd.assignment import assign
from appliance.callcenter.acd.estimate import LATEST
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
)
from appliance.clock import Millis

MISS_PAUSE_MS = 5_000
"""How long an agent who missed a call is left alone before the next one."""

MISSES_UNTIL_BUSY = 2

_TIMED_STATES = frozenset({AgentState.WRAP_UP, AgentState.NOT_ANSWERING})
_HANDLING = ON_CALL | {AgentState.WRAP_UP}

type Step = tuple[AcdState, list[ev.Effect]]


def step(state: AcdState, event: ev.Event) -> Step:
    """The state after `event`, and what has to be done. Events that no longer fit the state change nothing."""
    effects: list[ev.Effect] = []
    state = _apply(state, event, effects)
    return assign(state, event.at, effects), effects


def next_deadline(state: AcdState, at: Millis) -> Millis | None:
    """When a Tick is due next, or None; `at` is now. Ring deadlines are kept by whoever rings."""
    agents = (
        agent.until for agent in state.agents.values() if agent.until is not None and agent.state in _TIMED_STATES
    )
    return min((*agents, *timetable.waiting_deadlines(state, at)), default=None)


# -- applying one event ------------------------------------------------------------------------------


def _apply(state: AcdState, event: ev.Event, effects: list[ev.Effect]) -> AcdState:  # noqa: C901, PLR0911, PLR0912 - a table
    match event:
        case ev.Configured():
            return _configured(state, event, effects)
        case ev.Restored(_, calls, handled):
            return _counted(replace(state, handled=dict(handled)), calls)
        case ev.DayBegan():
            return _counted(state, {})
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
        case ev.Asked(at, call, asking):
            return timetable.asked(state, call, at, asking=asking)
        case ev.PhoneRings(at, call, number):
            return _phone_rings(state, call, number, at)
        case ev.Answered():
            return _answered(state, event, effects)
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
            return timetable.tick(_agents_in_time(state, at), at, effects)


def _with_agent(state: AcdState, agent: Agent) -> AcdState:
    old = state.agents.get(agent.id)
    if old is not None and old.serves and old.state in _HANDLING and not _still_handles(old, agent):
        latest = (*state.handled.get(old.serves, ()), (agent.since, agent.since - old.engaged_at))
        state = replace(state, handled={**state.handled, old.serves: latest[-LATEST:]})
    return replace(state, agents={**state.agents, agent.id: replace(agent, version=agent.version + 1)})


def _still_handles(old: Agent, new: Agent) -> bool:
    return new.state in _HANDLING and new.engaged_at == old.engaged_at


def _without_offer(state: AcdState, call: str, agent: int | None = None) -> AcdState:
    """The call rings no longer: at `agent`, or at all."""
    offers = dict(state.offers)
    left = tuple(other for other in offers.pop(call, ()) if agent is not None and other != agent)
    if left:
        offers[call] = left
    return replace(state, offers=offers)


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
    extension = agent.extension if state is not AgentState.SIGNED_OUT else ""
    agent = replace(agent, state=state, cause=cause, since=at, until=None, call="", next_cause=next_cause, serves=0)
    return replace(agent, idle_since=at, extension=extension)


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
    before = state.queues
    state = replace(state, agents=agents, queues=dict(event.queues), skills=event.skills)
    for waiting in list(state.waiting.values()):
        if waiting.queue not in state.queues:
            effects.append(ev.Overflow(waiting.call, waiting.queue))
            state = _call_left(state, waiting.call, event.at, effects)
        elif before.get(waiting.queue) != state.queues[waiting.queue] and not waiting.ticket:
            state = timetable.policy_changed(state, waiting)
    return state


def _counted(state: AcdState, calls: Mapping[int, int]) -> AcdState:
    agents = {key: replace(agent, calls=calls.get(key, 0)) for key, agent in state.agents.items()}
    return replace(state, agents=agents)


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
        effects.append(ev.Overflow(event.call, event.queue))
        return state
    return timetable.admit(state, event)


def _offer_resumed(state: AcdState, event: ev.OfferResumed, effects: list[ev.Effect]) -> AcdState:
    call, agent = event.queued.call, state.agents.get(event.agent)
    rings = agent is not None and agent.call == call and agent.state in OCCUPIED and agent.state not in ON_CALL
    if not rings or event.agent in state.offers.get(call, ()):
        return state
    state = _call_queued(state, event.queued, effects)
    if call not in state.waiting:
        return state
    return replace(state, offers={**state.offers, call: (*state.offers.get(call, ()), event.agent)})


def _call_left(state: AcdState, call: str, at: Millis, effects: list[ev.Effect], but: int | None = None) -> AcdState:
    """Out of the queue; whoever is rung for it is let go, except agent `but`, who has it."""
    rung = state.offers.get(call, ())
    if call not in state.waiting:
        return state
    state = _without_waiting(state, call)
    for number in rung:
        if number != but:
            effects.append(ev.StopRinging(call, number))
            state = _released(state, number, call, at)
    return state


def _released(state: AcdState, number: int, call: str, at: Millis) -> AcdState:
    """The agent was reserved for a call that went away: she is as idle as before."""
    agent = state.agents[number]
    if agent.call != call:
        return state
    free = _free(agent, at)
    return _with_agent(state, replace(free, idle_since=agent.idle_since))


def _phone_rings(state: AcdState, call: str, number: int, at: Millis) -> AcdState:
    agent = state.agents.get(number)
    if agent is None or number not in state.offers.get(call, ()) or agent.state is not AgentState.RESERVED:
        return state
    return _with_agent(state, replace(agent, state=AgentState.RINGING, since=at))


def _answered(state: AcdState, event: ev.Answered, effects: list[ev.Effect]) -> AcdState:
    """The first who answers has the call; the others, where several were rung, are as idle as before."""
    number, call = event.agent, event.call
    if number not in state.offers.get(call, ()):
        return state
    queue = state.waiting[call].queue
    state = _call_left(state, call, event.at, effects, but=number)
    return _engaged(state, number, call, event.at, queue)


def _engaged_elsewhere(state: AcdState, event: ev.Engaged, effects: list[ev.Effect]) -> AcdState:
    """The agent took part in a call by another way. If it was waiting here, it waits and rings no longer."""
    if not _can_engage(state, event.agent, event.call):
        return state
    state = _call_left(state, event.call, event.at, effects, but=event.agent)
    return _engaged(state, event.agent, event.call, event.at)


def _can_engage(state: AcdState, number: int, call: str) -> bool:
    agent = state.agents.get(number)
    if agent is None or agent.state is AgentState.SIGNED_OUT or agent.state in ON_CALL:
        return False
    return agent.state not in OCCUPIED or agent.call == call


def _engaged(state: AcdState, number: int, call: str, at: Millis, queue: int = 0) -> AcdState:
    """`queue` is where the call was waiting, 0 for calls that were not distributed."""
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
            misses=0 if queue else agent.misses,
            calls=agent.calls + bool(queue),
            engaged_at=at,
            serves=queue,
            next_cause="" if next_cause == CAUSE_WRAP_UP_MISSING else next_cause,
        ),
    )


def _ring_failed(state: AcdState, event: ev.RingFailed) -> AcdState:
    number, call = event.agent, event.call
    if number not in state.offers.get(call, ()):
        return state
    state = timetable.asked(_without_offer(state, call, number), call, event.at, asking=False)
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
    if agent is None or agent.call != event.call or agent.state not in OCCUPIED:
        return state
    if agent.state not in ON_CALL:
        # After a restart nobody knows of the offer any more: what rang is made anew.
        return (
            state if agent.id in state.offers.get(event.call, ()) else _released(state, agent.id, event.call, event.at)
        )
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


def _agents_in_time(state: AcdState, at: Millis) -> AcdState:
    for agent in list(state.agents.values()):
        if agent.until is not None and agent.until <= at and agent.state in _TIMED_STATES:
            state = _with_agent(state, _free(agent, at))
    return state
