"""Queries about the log of events."""

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.integrations.model import Document, Event
from appliance.callcenter.integrations.tables import EventRow
from appliance.clock import Millis


def values_of(event: Event) -> Document:
    return {
        "seq": event.seq,
        "at": event.at,
        "type": event.type,
        "subject": event.subject,
        "agents": " ".join(event.agents),
        "queues": " ".join(event.queues),
        "data": msgspec.json.encode(event.data).decode(),
    }


def _event(row: EventRow) -> Event:
    return Event(
        seq=row.seq,
        at=row.at,
        type=row.type,
        subject=row.subject,
        agents=tuple(row.agents.split()),
        queues=tuple(row.queues.split()),
        data=msgspec.json.decode(row.data),
    )


async def span(session: AsyncSession) -> tuple[int, int]:
    """The oldest and the newest number that are kept; (1, 0) when there are none."""
    oldest, newest = (await session.execute(select(func.min(EventRow.seq), func.max(EventRow.seq)))).one()
    return (oldest, newest) if newest is not None else (1, 0)


async def after(session: AsyncSession, seq: int, limit: int) -> list[Event]:
    rows = await session.scalars(select(EventRow).where(EventRow.seq > seq).order_by(EventRow.seq).limit(limit))
    return [_event(row) for row in rows]


async def newest(session: AsyncSession, limit: int) -> list[Event]:
    """The last few, oldest of them first."""
    rows = await session.scalars(select(EventRow).order_by(EventRow.seq.desc()).limit(limit))
    return [_event(row) for row in rows][::-1]


async def last_of_each_subject(session: AsyncSession) -> list[Event]:
    """What integrators were told last about each agent, queue and call."""
    last = select(func.max(EventRow.seq)).group_by(EventRow.subject)
    rows = await session.scalars(select(EventRow).where(EventRow.seq.in_(last), EventRow.type != "call.ended"))
    return [_event(row) for row in rows]


async def prune(session: AsyncSession, before: Millis, up_to: int, keep: int) -> None:
    """Forget what is older than `before` or numbered `up_to` at most; never the newest, whose number must be known."""
    old = (EventRow.at < before) | (EventRow.seq <= up_to)
    await session.execute(delete(EventRow).where(old, EventRow.seq < keep))


async def ending_of(session: AsyncSession, call: str) -> Document:
    """How a call ended whose end nobody saw, from its record; empty when there is none."""
    row = await session.get(InteractionRow, call)
    if row is None:
        return {}
    return {
        "outcome": row.outcome,
        "hung_up_by": row.hung_up_by,
        "answered_at": row.answered_at,
        "ended_at": row.ended_at,
        "talk_ms": row.talk_ms,
        "wait_ms": row.wait_ms,
    }
