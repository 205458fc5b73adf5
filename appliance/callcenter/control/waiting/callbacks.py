"""Callbacks: tickets wait in queues like calls; when their turn comes, agent and patient are brought together.

A ticket waits in distribution under an id which its call will have. The call is made when an agent is reserved; the
attempt is written to the database before the patient's number is dialled, so that nobody is rung twice for one turn.
"""

import asyncio
import logging
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.acd import events as ev
from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.call_limits.model import Reason as Refusal
from appliance.callcenter.callbacks import rules, store
from appliance.callcenter.callbacks.model import CallbackRules, Mode, Reason, State, Ticket
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control import legs
from appliance.callcenter.control.endpoints import endpoint_for, free_trunk
from appliance.callcenter.control.entering import direct, limits, outbound
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import begin, finish, hang_up_leg, new_leg, set_phase
from appliance.callcenter.control.waiting import callback_limits, offers
from appliance.db import new_id
from appliance.text import lookup_number

log = logging.getLogger(__name__)

PATIENT_RING_SECONDS = 45
ON_THE_LINE_MS = 30_000
"""How much later a ticket comes up again whose patient is in another call with us."""

STUCK_MS = 5_000
WATCH_SECONDS = 1.0
OVERLAP_MS = 5_000
"""How late what is written to the tickets may become visible to readers."""

LOST = frozenset({Outcome.ABANDONED, Outcome.OVERFLOW})


def attach(floor: Floor) -> None:
    """Have call control tell this module what concerns it."""
    floor.carry_out = partial(carry_out, floor)


async def load(floor: Floor) -> None:
    """Read what is owed. Raises SQLAlchemyError."""
    take(floor, await floor.journal.transact(store.read_open))


async def known(floor: Floor, key: str) -> Ticket | None:
    """The open ticket `key`; one that was written this moment is read from the database."""
    if key not in floor.callbacks.tickets:
        take(floor, await floor.journal.transact(partial(store.read_one, key=key)))
    ticket = floor.callbacks.tickets.get(key)
    return ticket if ticket is not None and ticket.open else None


async def watch(floor: Floor) -> None:
    """Until cancelled: take over what others changed about tickets, and bring up those that are due."""
    seen = clock.now_ms()
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            began = clock.now_ms()
            take(floor, await floor.journal.transact(partial(store.read_changed, since=seen - OVERLAP_MS)))
            seen = began
        except (SQLAlchemyError, OSError) as error:
            log.warning("callbacks not read: %s", error)
        tend(floor)


def rules_of(floor: Floor, queue: int) -> CallbackRules:
    entry = floor.directory.queues.get(queue)
    return entry.callback if entry is not None else CallbackRules()


def keep(floor: Floor, ticket: Ticket) -> Ticket:
    """Remember a changed ticket, in memory now and in the database with the next batch."""
    ticket = floor.callbacks.put(ticket)
    floor.journal.store(partial(put, ticket))
    floor.touch_queue(ticket.queue)
    return ticket


def put(ticket: Ticket, connection: Connection) -> None:
    store.put(connection, ticket, clock.now_ms())


# -- waiting in distribution ---------------------------------------------------------------------------


def carry_out(floor: Floor, effect: ev.Effect) -> None:
    """What distribution wants done for a ticket is done here, for a patient on the line where it always was."""
    ticket, call = floor.callbacks.waiting(effect.call), floor.calls.get(effect.call)
    on_the_line = call is not None and call.customer is not None and call.customer.up and call.dialogue is None
    if ticket is None or on_the_line:
        legs.carry_out(floor, effect)
    elif isinstance(effect, ev.Ring):
        _turn(floor, ticket, effect)
    elif isinstance(effect, ev.StopRinging):
        legs.carry_out(floor, effect)
    elif isinstance(effect, ev.Overflow):
        floor.callbacks.waits.pop(effect.call, None)


def tend(floor: Floor) -> None:
    """Put tickets that are due into their queues, close those that are too old, free those whose attempt is gone."""
    now = clock.now_ms()
    waiting = set(floor.callbacks.waits.values())
    for ticket in floor.callbacks.open():
        if rules.is_too_old(ticket, now):
            keep(floor, rules.too_old(ticket, now))
            withdraw(floor, ticket)
        elif ticket.state is State.DIALLING and ticket.claim not in floor.calls and ticket.tried_at < now - STUCK_MS:
            attempt_over(floor, ticket, ticket.claim, rules.CUT)
        elif ticket.id not in waiting and rules.waits(ticket, now) and _staffed(floor, ticket.queue):
            key = new_id()
            floor.callbacks.waits[key] = ticket.id
            event = ev.CallQueued(now, key, ticket.queue, ticket.priority, ticket.since, ticket=True)
            floor.distribute(event)
    floor.callbacks.forget_closed(now - 600_000)


def _staffed(floor: Floor, queue: int) -> bool:
    if floor.refusing.exists():
        return False
    agents = floor.acd.agents.values()
    return floor.pbx_up and any(queue in one.queues and one.state is not AgentState.SIGNED_OUT for one in agents)


def close(floor: Floor, ticket: Ticket, state: State, reason: Reason, *, by: str = "", note: str = "") -> None:
    """Close the ticket and take it out of its queue."""
    keep(floor, rules.closed(ticket, state, reason, clock.now_ms(), by=by, note=note))
    withdraw(floor, ticket)


def withdraw(floor: Floor, ticket: Ticket) -> None:
    """Take the ticket out of distribution; an agent's telephone that rings for it rings no longer."""
    key = floor.callbacks.key_of(ticket)
    if not key:
        return
    call = floor.calls.get(key)
    if call is not None:
        finish(floor, call, Outcome.FAILED, "system")
    else:
        floor.distribute(ev.CallLeft(clock.now_ms(), key))
    floor.callbacks.waits.pop(key, None)


def take(floor: Floor, tickets: list[Ticket]) -> None:
    """What the database says, where others changed it."""
    for ticket in tickets:
        if floor.callbacks.take(ticket):
            floor.touch_queue(ticket.queue)
            if not ticket.open:
                withdraw(floor, ticket)


# -- the turn has come ---------------------------------------------------------------------------------


def _turn(floor: Floor, ticket: Ticket, effect: ev.Ring) -> None:
    call = floor.calls.get(effect.call)
    if call is not None and call.customer is not None:
        return  # the number is being dialled already; this agent is kept free for the answer
    if call is None and _on_the_line(floor, ticket):
        keep(floor, rules.postponed(ticket, clock.now_ms() + ON_THE_LINE_MS))
        withdraw(floor, ticket)
        return
    why = callback_limits.refusal(floor, ticket, effect.agent)
    if why is not None:
        _refused(floor, ticket, why, effect.agent)
        return
    call = call or _call_for(floor, ticket, effect.call)
    if rules_of(floor, ticket.queue).mode is Mode.PATIENT:
        _reach_patient(floor, call, effect.agent)
    else:
        offers.ring(floor, call, effect.agent, effect.seconds)


def _refused(floor: Floor, ticket: Ticket, why: Refusal, agent: int) -> None:
    """Limits of outside calls: somebody else, or later, or never. The log tells it once."""
    now = clock.now_ms()
    until = now + max(rules_of(floor, ticket.queue).gap_ms, rules.AGENT_GAP_MS)
    if ticket.reason != why.value:
        log.info("callback %s is not dialled: %s (agent %s)", ticket.id, why.value, agent)
    given_up = callback_limits.hopeless(floor, ticket, why)
    keep(floor, rules.refused(ticket, Reason(why.value), now, until=until, hopeless=given_up))
    withdraw(floor, ticket)


def _on_the_line(floor: Floor, ticket: Ticket) -> bool:
    return any(lookup_number(call.remote) == ticket.lookup for call in floor.calls.values())


def _call_for(floor: Floor, ticket: Ticket, key: str) -> Call:
    """The call of one attempt. The time the ticket waited is its waiting time."""
    entry = floor.directory.queues.get(ticket.queue)
    since = max(ticket.since, ticket.tried_at)
    number = entry.number if entry is not None else ""
    call = begin(floor, Direction.OUTBOUND, caller=number, called=ticket.number, arrived_at=since, key=key)
    call.callback, call.queue, call.priority, call.queued_at = ticket.id, ticket.queue, ticket.priority, since
    call.dial_to = ticket.number
    set_phase(floor, call, Phase.WAITING, Segment("wait", since, queue=ticket.queue))
    floor.look_up(call)
    return call


def agent_up(floor: Floor, call: Call, leg: Leg) -> None:
    """Agent first: she took the callback; now the patient's number."""
    if call.partner is not leg or leg.agent is None:
        hang_up_leg(floor, call, leg)
        return
    now = clock.now_ms()
    call.close_segment(now, "answered")
    leg.purpose, leg.up = Purpose.DIALLER, True
    call.caller = limits.caller_of(floor, leg.agent)
    floor.distribute(ev.Answered(now, call.id, leg.agent))

    async def dial() -> None:
        if await claim(floor, call, leg.agent):
            outbound.reach_outside(floor, call)
        else:
            finish(floor, call, Outcome.FAILED, "system")

    floor.do(call, dial)


def _reach_patient(floor: Floor, call: Call, agent: int) -> None:
    """Patient first: the agent stays reserved and sees for whom."""
    found = free_trunk(floor, call.trunks_tried)
    if found is None:
        finish(floor, call, Outcome.FAILED, "system")
        return
    name, trunk = found
    call.trunk = name
    call.trunks_tried.append(name)
    leg = call.customer = new_leg(floor, call, Purpose.CUSTOMER, call.called)
    set_phase(floor, call, Phase.RINGING, Segment("ring", clock.now_ms(), queue=call.queue, party=call.called))
    endpoint = endpoint_for(call.dial_to, name, trunk)

    async def dial() -> None:
        if await claim(floor, call, agent):
            shown = f"<{trunk.caller_number}>" if trunk.caller_number else ""
            await floor.ari.originate(leg.channel, endpoint, f"leg,{call.id}", shown, PATIENT_RING_SECONDS, {})
        else:
            finish(floor, call, Outcome.FAILED, "system")

    def refused(error: Exception) -> None:
        log.warning("call %s: trunk %s: %s", call.id, name, error)
        patient_not_reached(floor, call, leg, Outcome.FAILED)

    floor.do(call, dial, refused)


def patient_not_reached(floor: Floor, call: Call, leg: Leg, outcome: Outcome) -> None:
    """Patient first: the number was not answered, or the trunk did not take the call."""
    floor.channels.pop(leg.channel, None)
    if call.customer is not leg or call.phase is Phase.ENDED:
        return
    agent = next(iter(floor.acd.offers.get(call.id, ())), None)
    call.customer = None
    if outcome is Outcome.FAILED and agent is not None and free_trunk(floor, call.trunks_tried):
        _reach_patient(floor, call, agent)
    else:
        finish(floor, call, outcome, "caller")


def patient_gone(floor: Floor, call: Call, cause: int) -> None:
    """The channel made for the patient ended before she answered; `cause` is Q.850's."""
    if call.customer is not None:
        patient_not_reached(floor, call, call.customer, direct.outcome_of(cause))


def accepted(floor: Floor, call: Call) -> None:
    """The patient pressed 1: now the agent who was kept free, else whoever is next."""
    now = clock.now_ms()
    set_phase(floor, call, Phase.WAITING, Segment("wait", now, queue=call.queue))
    agent = next(iter(floor.acd.offers.get(call.id, ())), None)
    queue = floor.directory.queues.get(call.queue or 0)
    if agent is not None and queue is not None:
        offers.ring(floor, call, agent, queue.rules.ring_seconds)
    elif call.id not in floor.acd.waiting and queue is not None:
        floor.distribute(ev.CallQueued(now, call.id, queue.id, call.priority, call.queued_at))


async def claim(floor: Floor, call: Call, agent: int | None) -> bool:
    """Write the attempt down. False when it must not be made: then nothing is dialled."""
    ticket = floor.callbacks.tickets.get(call.callback)
    if ticket is not None and ticket.claim == call.id:
        return True
    if ticket is None or not await claim_by_hand(floor, ticket, call.id, agent):
        return False
    if call.phase is Phase.ENDED:
        attempt_over(floor, floor.callbacks.tickets[ticket.id], call.id, rules.NOT_RUNG)
        return False
    return True


async def claim_by_hand(floor: Floor, ticket: Ticket, call: str, agent: int | None) -> bool:
    """Write down that `call` is going to fulfil the ticket. False when another one does, or it cannot be stored."""
    try:
        if await _claim(floor, ticket, call, agent):
            return True
        # Written by somebody else this moment? Then what the database says counts.
        take(floor, await floor.journal.transact(partial(store.read_one, key=ticket.id)))
        newer = floor.callbacks.tickets.get(ticket.id, ticket)
        return newer != ticket and await _claim(floor, newer, call, agent)
    except (SQLAlchemyError, OSError) as error:
        log.warning("callback %s: not dialled, the attempt cannot be stored: %s", ticket.id, error)
        return False


async def _claim(floor: Floor, ticket: Ticket, call: str, agent: int | None) -> bool:
    begun = rules.claimed(ticket, call, agent, clock.now_ms())
    if begun is None:
        return False
    begun, stored = floor.callbacks.put(begun), False
    try:
        stored = await floor.journal.transact(partial(store.claim, ticket=begun, now=begun.tried_at))
    finally:
        if not stored:
            floor.callbacks.revert(begun, ticket)
    return stored


# -- the end of an attempt ------------------------------------------------------------------------------


def note_result(call: str, result: str, connection: Connection) -> None:
    store.note_result(connection, call, result)


def attempt_over(floor: Floor, ticket: Ticket, call: str, result: str) -> None:
    """The attempt ended without a call of its own that could say so."""
    keep(floor, rules.attempted(ticket, call, result, clock.now_ms(), rules_of(floor, ticket.queue)))
    floor.journal.store(partial(note_result, call, result))


def adopted(floor: Floor, call: Call) -> None:
    """After call control was away: whoever was in talk with us about the callback goes on waiting."""
    call.dialogue = None
    if call.callback and call.customer is not None and call.customer.up:
        set_phase(floor, call, Phase.WAITING, Segment("wait", clock.now_ms(), queue=call.queue))
