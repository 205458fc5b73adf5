"""What becomes of a ticket, as pure functions: `old ticket, what happened, time → new ticket`.

A closed ticket never changes again. Proven over random sequences by tests/unit/test_callback_rules.py.
"""

from dataclasses import replace

from appliance.callcenter.callbacks.model import CallbackRules, Cause, Kind, Reason, State, Ticket
from appliance.clock import Millis

CUT_GAP_MS = 5_000
"""After an attempt that the telephone system itself broke off."""

AGENT_GAP_MS = 30_000
"""After an attempt in which the patient was never rung: the agent left, or no line was free."""

MOST_CUT = 2
"""So many attempts more than the queue allows, where the telephone system broke one off."""

BREATH_MS = 20_000
"""Whoever was cut off needs a moment to notice it, and may call again; before, her line would be busy."""

HEAD_POINTS = 1000
"""Priority of those whom we cut off: before everybody who came later, among themselves as they were before."""

BACK_MS = 30 * 60_000
"""So long a caller whom we cut off gets her place back where nothing is dialled by itself."""

MISSED_EXPIRY_MS = 3 * 86_400_000

REACHED, CUT, NOT_RUNG = "answered", "cut", "not-rung"
"""Results of an attempt that decide something; every other one means that the patient was not reached."""


def waits(ticket: Ticket, now: Millis) -> bool:
    """Whether it should stand in its queue now."""
    return ticket.kind is Kind.CALLBACK and ticket.state is State.WAITING and ticket.next_at <= now < ticket.expires_at


def is_too_old(ticket: Ticket, now: Millis) -> bool:
    """A ticket that is being tried is left alone until the attempt has ended."""
    return ticket.state is State.WAITING and ticket.expires_at <= now


def claimed(ticket: Ticket, call: str, agent: int | None, now: Millis) -> Ticket | None:
    """An attempt begins; None when it must not (closed meanwhile, or another attempt is under way)."""
    if ticket.state is not State.WAITING:
        return None
    return replace(
        ticket,
        state=State.DIALLING,
        claim=call,
        agent=agent,
        attempts=ticket.attempts + 1,
        tried_at=now,
        next_at=now,
        reason="",
    )


def attempted(ticket: Ticket, call: str, result: str, now: Millis, rules: CallbackRules) -> Ticket:
    """The attempt `call` ended with `result`: done, tried again later, or given up."""
    if ticket.state is not State.DIALLING or ticket.claim != call:
        return ticket
    if result == REACHED:
        return closed(ticket, State.DONE, Reason.REACHED, now)
    if result == Reason.DECLINED:
        return closed(ticket, State.CANCELLED, Reason.DECLINED, now)
    ticket = replace(ticket, state=State.WAITING, claim="")
    if result == NOT_RUNG:
        return replace(ticket, attempts=ticket.attempts - 1, next_at=now + AGENT_GAP_MS)
    most = rules.attempts + (MOST_CUT if result == CUT else 0)
    if ticket.kind is Kind.CALLBACK and ticket.attempts >= most:
        return closed(ticket, State.FAILED, Reason.NOT_REACHED, now)
    return replace(ticket, next_at=now + (CUT_GAP_MS if result == CUT else rules.gap_ms))


def cut_off(ticket: Ticket, cause: Cause, now: Millis) -> Ticket:
    """We broke the talk or the waiting off: to the head of the queue, after a moment."""
    return postponed(replace(ticket, cause=cause, priority=at_head(ticket.priority)), now + BREATH_MS)


def at_head(priority: int) -> int:
    return priority if priority >= HEAD_POINTS else priority + HEAD_POINTS


def gives_place(ticket: Ticket, now: Millis) -> bool:
    """Whether the patient who calls again gets the ticket's place: she asked for the call, or we cut her off lately."""
    if ticket.state is not State.WAITING:
        return False
    return ticket.kind is Kind.CALLBACK or (bool(ticket.cause) and now - ticket.next_at <= BACK_MS)


def postponed(ticket: Ticket, until: Millis) -> Ticket:
    """Nothing is tried before `until`."""
    return replace(ticket, next_at=max(ticket.next_at, until)) if ticket.open else ticket


def refused(ticket: Ticket, why: Reason, now: Millis, *, until: Millis, hopeless: bool) -> Ticket:
    """Outside-call limits did not let it be dialled: it waits until then, or is given up where nobody ever may."""
    if not ticket.open:
        return ticket
    if hopeless:
        return closed(ticket, State.FAILED, why, now)
    return replace(postponed(ticket, until), reason=why.value)


def too_old(ticket: Ticket, now: Millis) -> Ticket:
    """Given up by age; where limits stood in the way to the end, that is why."""
    return closed(ticket, State.EXPIRED, Reason(ticket.reason) if ticket.reason else Reason.TOO_OLD, now)


def closed(ticket: Ticket, state: State, reason: Reason, now: Millis, *, by: str = "", note: str = "") -> Ticket:
    """Closed for good; a ticket that is closed already stays as it is."""
    if not ticket.open:
        return ticket
    return replace(ticket, state=state, reason=reason.value, note=note, closed_at=now, closed_by=by, claim="")


def asked_again(old: Ticket, new: Ticket) -> Ticket:
    """The same number asked or was lost once more in the same queue: one ticket, with the better place of both."""
    kind = Kind.CALLBACK if Kind.CALLBACK in {old.kind, new.kind} else Kind.MISSED
    return replace(
        old,
        kind=kind,
        number=new.number,
        calls=old.calls + new.calls,
        since=min(old.since, new.since),
        priority=max(old.priority, new.priority),
        expires_at=max(old.expires_at, new.expires_at),
        next_at=new.next_at if new.cause else min(old.next_at, new.next_at),
        patient_id=new.patient_id if new.patient_id is not None else old.patient_id,
        origin=new.origin or old.origin,
        cause=new.cause or old.cause,
        version=old.version + 1,
    )


def place_of(ticket: Ticket, since: Millis, priority: int) -> tuple[Millis, int]:
    """The patient who calls again takes the ticket's place, unless the own one is better."""
    return min(ticket.since, since), max(ticket.priority, priority)
