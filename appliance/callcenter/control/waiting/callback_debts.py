"""What calls mean for what is owed: a missed one makes a ticket, a talk settles one, a caller who is back ends one."""

from functools import partial

from sqlalchemy import Connection

from appliance import clock
from appliance.callcenter.blacklist import rules as blacklist
from appliance.callcenter.callbacks import rules, store
from appliance.callcenter.callbacks.model import Cause, Kind, Mode, Reason, State, Ticket
from appliance.callcenter.calls.model import FAILOVER, Call, Direction, Outcome
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.waiting import callbacks, cut_talks
from appliance.callcenter.live.journal import Write
from appliance.db import new_id
from appliance.errors import NumberNotAllowedError
from appliance.pbx.numbers import NumberClass, classify
from appliance.text import lookup_number

LOST = frozenset({Outcome.ABANDONED, Outcome.OVERFLOW, Outcome.CUT})

CALLED_UNASKED = frozenset({NumberClass.LOCAL, NumberClass.MOBILE, NumberClass.NATIONAL})
"""Numbers at which we call back by ourselves somebody who did not ask for it."""


def attach(floor: Floor) -> None:
    """Have call control tell of callers who come into queues, and of calls that end."""
    floor.caller_entered = partial(caller_entered, floor)
    floor.closing = partial(closing, floor)


def closing(floor: Floor, call: Call, now: clock.Millis) -> list[Write]:
    """What the end of a call means for tickets; stored in the transaction of the call's record."""
    writes: list[Write] = []
    if call.callback:
        writes += _turn_over(floor, call, now)
    if call.direction is Direction.INTERNAL:
        return writes
    if call.outcome is Outcome.CUT:
        cut_talks.note(floor, call, _cause(call), now)
    elif call.answered_at is not None:
        _answered(floor, call)
        return writes
    if call.direction is Direction.INBOUND and call.outcome in LOST and lookup_number(call.caller):
        writes += _lost(floor, call, now)
    return writes


def _turn_over(floor: Floor, call: Call, now: clock.Millis) -> list[Write]:
    floor.callbacks.waits.pop(call.id, None)
    ticket = floor.callbacks.tickets.get(call.callback)
    if ticket is None or not ticket.open:
        return []
    if ticket.claim == call.id:
        changed = rules.attempted(ticket, call.id, _result(call), now, callbacks.rules_of(floor, ticket.queue))
        if call.outcome is Outcome.CUT and call.answered_at is not None:
            changed = rules.cut_off(changed, _cause(call), now)
        changed = floor.callbacks.put(changed)
        note: Write = partial(callbacks.note_result, call.id, _result(call))
        floor.touch_queue(ticket.queue)
        return [partial(callbacks.put, changed), note]
    if call.outcome is not Outcome.CUT:
        callbacks.keep(floor, rules.postponed(ticket, now + rules.AGENT_GAP_MS))
    return []


def _cause(call: Call) -> Cause:
    return Cause.of_cut(failover=call.hung_up_by == FAILOVER) if call.outcome is Outcome.CUT else Cause.NONE


def _result(call: Call) -> str:
    if call.outcome is Outcome.CUT:
        return rules.CUT
    if call.answered_at is not None:
        return rules.REACHED
    if call.outcome is Outcome.REJECTED and call.customer is not None and call.customer.up:
        return Reason.DECLINED
    return (call.outcome or Outcome.FAILED).value


def _answered(floor: Floor, call: Call) -> None:
    """We talked with this number: nothing is owed to it any more."""
    cut_talks.settle(floor, call.remote)
    for ticket in floor.callbacks.of_number(call.remote):
        if ticket.state is State.WAITING:
            again = call.direction is Direction.INBOUND
            callbacks.close(floor, ticket, State.DONE, Reason.CALLED_AGAIN if again else Reason.REACHED)


def _lost(floor: Floor, call: Call, now: clock.Millis) -> list[Write]:
    """The caller hung up while waiting, or nobody could take the call: it stands in the list of missed calls.

    Whom we cut off ourselves, waiting or talking, comes to the head; where the queue calls back at all, by itself.
    """
    if call.queue is None or call.queue not in floor.directory.queues:
        return []
    cause = _cause(call)
    if cause and blacklist.find(floor.directory.blacklist, call.caller, now) is not None:
        return []
    policy = callbacks.rules_of(floor, call.queue)
    kind = Kind.CALLBACK if cause and policy.mode is not Mode.OFF and _may_be_called(floor, call) else Kind.MISSED
    ticket = Ticket(
        id=new_id(),
        kind=kind,
        queue=call.queue,
        number=call.caller,
        lookup=lookup_number(call.caller)[:32],
        since=call.queued_at or call.started_at,
        created_at=now,
        expires_at=now + (policy.expiry_ms if kind is Kind.CALLBACK else rules.MISSED_EXPIRY_MS),
        priority=call.priority if cause else 0,
        patient_id=call.patient_id,
        origin=call.id,
    )
    stored: list[Ticket] = []

    def known() -> None:
        callbacks.take(floor, stored)
        cut_talks.owed(floor, call.remote)

    floor.journal.then(known)
    return [partial(_ask, rules.cut_off(ticket, cause, now) if cause else ticket, stored)]


def _may_be_called(floor: Floor, call: Call) -> bool:
    try:
        return classify(call.caller, floor.directory.numbering).kind in CALLED_UNASKED
    except NumberNotAllowedError:
        return False


def _ask(ticket: Ticket, stored: list[Ticket], connection: Connection) -> None:
    """`stored` gets what the database has then: perhaps one with an older debt."""
    stored.append(store.ask(connection, ticket, clock.now_ms()))


def caller_entered(floor: Floor, call: Call) -> None:
    """Somebody whom we owe a call is back in the same queue: she takes the ticket's place."""
    owed = floor.callbacks.in_queue(call.queue or 0, call.remote) if call.direction is Direction.INBOUND else None
    if owed is None or not rules.gives_place(owed, clock.now_ms()):
        return
    call.queued_at, call.priority = rules.place_of(owed, call.queued_at, call.priority)
    callbacks.close(floor, owed, State.CANCELLED, Reason.CALLED_AGAIN)
