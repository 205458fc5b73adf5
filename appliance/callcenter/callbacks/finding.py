"""Queries about callbacks and missed calls."""

from typing import Any, cast

from sqlalchemy import CursorResult, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.callbacks.listing import CallbackEntry, CallbackQuery
from appliance.callcenter.callbacks.model import Cause, Kind, Reason, State, Ticket
from appliance.callcenter.callbacks.tables import CallbackAttemptRow, CallbackRow
from appliance.callcenter.listing import Listing, Results, containing, fetch
from appliance.callcenter.patients.tables import PatientRow
from appliance.callcenter.people.tables import AgentRow, QueueAgentRow, UserRow
from appliance.callcenter.queues.tables import QueueRow
from appliance.clock import Millis
from appliance.errors import NotFoundError
from appliance.text import lookup_number, tidy_number

SORTS = {
    "since": CallbackRow.since,
    "number": CallbackRow.lookup,
    "attempts": CallbackRow.attempts,
    "queue": CallbackRow.queue_id,
    "closed": CallbackRow.closed_at,
}


def _entries() -> Select[Any]:
    last = (
        select(CallbackAttemptRow.result)
        .where(CallbackAttemptRow.callback_id == CallbackRow.id)
        .order_by(CallbackAttemptRow.at.desc(), CallbackAttemptRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (QueueRow.name, PatientRow.name, PatientRow.vip, UserRow.name, AgentRow.number)
    return (
        select(CallbackRow, *columns, last)
        .join(QueueRow, QueueRow.id == CallbackRow.queue_id)
        .outerjoin(PatientRow, PatientRow.id == CallbackRow.patient_id)
        .outerjoin(AgentRow, AgentRow.id == CallbackRow.agent_id)
        .outerjoin(UserRow, UserRow.id == AgentRow.user_id)
    )


def _entry(found: Any) -> CallbackEntry:
    row, queue, patient, vip, agent, agent_number, last = found
    names = Ticket.__dataclass_fields__.keys() - {"queue", "agent", "kind", "state", "cause"}
    ticket = Ticket(
        queue=row.queue_id,
        agent=row.agent_id,
        kind=Kind(row.kind),
        state=State(row.state),
        cause=Cause(row.cause),
        **{name: getattr(row, name) for name in names},
    )
    return CallbackEntry(ticket, queue, patient or "", bool(vip), agent or "", agent_number or "", last or "")


def _conditions(wanted: CallbackQuery, text: str) -> list[Any]:
    conditions: list[Any] = [CallbackRow.created_at >= wanted.since, CallbackRow.created_at < wanted.until]
    if wanted.states:
        conditions.append(CallbackRow.state.in_(wanted.states))
    if wanted.queue_ids is not None:
        conditions.append(CallbackRow.queue_id.in_(wanted.queue_ids))
    if wanted.kind:
        conditions.append(CallbackRow.kind == wanted.kind)
    if text.strip():
        number = lookup_number(tidy_number(text))
        named = containing(text, PatientRow.name, PatientRow.pinyin, PatientRow.initials, CallbackRow.note)
        conditions.append(or_(named, CallbackRow.lookup.contains(number)) if number else named)
    return conditions


async def find(session: AsyncSession, wanted: CallbackQuery, listing: Listing) -> Results[CallbackEntry]:
    """Oldest debts first; what is closed comes newest first."""
    query = _entries().where(*_conditions(wanted, listing.text))
    order = CallbackRow.since if wanted.state == "open" else CallbackRow.created_at.desc()
    rows, total = await fetch(session, query, listing, SORTS, order, CallbackRow.id)
    return Results(tuple(_entry(row) for row in rows), total, listing)


async def get(session: AsyncSession, callback_id: str) -> CallbackEntry:
    """Raises NotFoundError."""
    found = (await session.execute(_entries().where(CallbackRow.id == callback_id))).one_or_none()
    if found is None:
        raise NotFoundError
    return _entry(found)


async def drop(session: AsyncSession, callback_id: str, note: str, login: str, now: Millis) -> bool:
    """Close one that waits; False when it does not wait any more."""
    values = {
        "state": State.CANCELLED.value,
        "reason": Reason.BY_HAND.value,
        "note": note,
        "closed_at": now,
        "closed_by": login,
        "open_key": None,
        "changed_at": now,
        "version": CallbackRow.version + 1,
    }
    waiting = update(CallbackRow).where(CallbackRow.id == callback_id, CallbackRow.state == State.WAITING.value)
    return cast("CursorResult[Any]", await session.execute(waiting.values(values))).rowcount == 1


async def queues_of(session: AsyncSession, agent_id: int) -> tuple[int, ...]:
    rows = await session.scalars(select(QueueAgentRow.queue_id).where(QueueAgentRow.agent_id == agent_id))
    return tuple(rows)
