"""Queries about finished calls."""

from typing import Any

import msgspec
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from appliance.callcenter.calls.interventions import ACTIONS, Intervention, Line, interventions
from appliance.callcenter.calls.search_model import (
    CallDetail,
    CallNotes,
    CallQuery,
    CallRecording,
    CallSegment,
    CallSummary,
    CallTotals,
)
from appliance.callcenter.calls.tables import InteractionRow, RecordingRow, SegmentRow, WrapUpRow
from appliance.callcenter.listing import Listing, Results, fetch
from appliance.callcenter.patients.store import matching, words_of
from appliance.callcenter.patients.tables import PatientRow
from appliance.callcenter.people.tables import AgentRow, AuditRow, UserRow
from appliance.callcenter.queues.tables import QueueRow
from appliance.errors import NotFoundError
from appliance.text import lookup_number

SORTS = {
    "started": InteractionRow.started_at,
    "wait": InteractionRow.wait_ms,
    "talk": InteractionRow.talk_ms,
    "remote": InteractionRow.remote_lookup,
}


def _conditions(wanted: CallQuery) -> list[Any]:
    conditions: list[Any] = [
        InteractionRow.started_at >= wanted.since,
        InteractionRow.started_at < wanted.until,
    ]
    equal: list[tuple[InstrumentedAttribute[Any], Any]] = [
        (InteractionRow.patient_id, wanted.patient_id),
        (InteractionRow.agent_id, wanted.agent_id),
        (InteractionRow.queue_id, wanted.queue_id),
        (InteractionRow.outcome, wanted.outcome or None),
        (InteractionRow.direction, wanted.direction or None),
    ]
    conditions += [column == value for column, value in equal if value is not None]
    if wanted.number:
        conditions.append(_has_number(wanted.number))
    conditions += [
        InteractionRow.patient_id.in_(select(PatientRow.id).where(matching(word))) for word in words_of(wanted.patient)
    ]
    conditions += _rated(wanted.rating)
    if wanted.only_agent_id is not None:
        conditions.append(_took_part(wanted.only_agent_id))
    return conditions


def _rated(wanted: str) -> list[Any]:
    if wanted == "rated":
        return [InteractionRow.rating.is_not(None)]
    if wanted == "unrated":
        return [InteractionRow.rating.is_(None), InteractionRow.answered_at.is_not(None)]
    low, _, high = wanted.partition("-")
    return [InteractionRow.rating.between(int(low), int(high))] if high else []


def _has_number(number: str) -> Any:
    """Any piece of the outside number, however it is written, or of either number as it is."""
    return or_(
        InteractionRow.remote_lookup.contains(lookup_number(number) or number, autoescape=True),
        InteractionRow.caller.contains(number, autoescape=True),
        InteractionRow.called.contains(number, autoescape=True),
    )


def _took_part(agent_id: int) -> Any:
    part = select(SegmentRow.interaction_id).where(
        SegmentRow.agent_id == agent_id, SegmentRow.kind.in_(("talk", "hold"))
    )
    return or_(InteractionRow.agent_id == agent_id, InteractionRow.id.in_(part))


def _summaries() -> Select[Any]:
    recordings = (
        select(func.count())
        .where(RecordingRow.interaction_id == InteractionRow.id, RecordingRow.status == "ready")
        .scalar_subquery()
    )
    latest = (
        select(func.max(WrapUpRow.id))
        .where(WrapUpRow.interaction_id == InteractionRow.id)
        .correlate(InteractionRow)
        .scalar_subquery()
    )
    return (
        select(InteractionRow, QueueRow.name, AgentRow.number, UserRow.name, PatientRow, recordings, WrapUpRow)
        .outerjoin(QueueRow, QueueRow.id == InteractionRow.queue_id)
        .outerjoin(AgentRow, AgentRow.id == InteractionRow.agent_id)
        .outerjoin(UserRow, UserRow.id == AgentRow.user_id)
        .outerjoin(PatientRow, PatientRow.id == InteractionRow.patient_id)
        .outerjoin(WrapUpRow, and_(WrapUpRow.interaction_id == InteractionRow.id, WrapUpRow.id == latest))
    )


def _summary(found: Any) -> CallSummary:
    row, queue, agent_number, agent, patient, recordings, wrap_up = found
    return CallSummary(
        id=row.id,
        direction=row.direction,
        caller=row.caller,
        called=row.called,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        hung_up_by=row.hung_up_by,
        wait_ms=row.wait_ms,
        talk_ms=row.talk_ms,
        trunk=row.trunk,
        queue_id=row.queue_id,
        queue=queue or "",
        agent_id=row.agent_id,
        agent=agent or "",
        agent_number=agent_number or "",
        patient_id=row.patient_id,
        patient=patient.name if patient else "",
        vip=patient.vip if patient else False,
        recordings=recordings,
        business_type=wrap_up.business_type if wrap_up else "",
        result=wrap_up.outcome if wrap_up else "",
        rating=row.rating,
    )


async def find(session: AsyncSession, wanted: CallQuery, listing: Listing) -> Results[CallSummary]:
    """Newest first unless sorted otherwise."""
    conditions = _conditions(wanted)
    keys, total = await fetch(
        session,
        select(InteractionRow.id).where(*conditions),
        listing,
        SORTS,
        InteractionRow.started_at.desc(),
        InteractionRow.id.desc(),
    )
    order = {key: place for place, (key,) in enumerate(keys)}
    rows = (await session.execute(_summaries().where(InteractionRow.id.in_(order)))).all()
    found = sorted((_summary(row) for row in rows), key=lambda call: order[call.id])
    return Results(tuple(found), total, listing)


async def totals(session: AsyncSession, wanted: CallQuery) -> CallTotals:
    waited = InteractionRow.queue_id.is_not(None)
    query = select(
        func.count(),
        func.count().filter(InteractionRow.answered_at.is_not(None)),
        func.count().filter(InteractionRow.outcome == "abandoned"),
        func.coalesce(func.sum(InteractionRow.talk_ms), 0),
        func.coalesce(func.avg(InteractionRow.wait_ms).filter(waited), 0),
        func.avg(InteractionRow.rating),
    ).where(*_conditions(wanted))
    calls, answered, abandoned, talk, wait, rating = (await session.execute(query)).one()
    mean_rating = None if rating is None else round(float(rating), 1)
    return CallTotals(calls, answered, abandoned, int(talk), round(wait), mean_rating)


async def detail(session: AsyncSession, call_id: str, only_agent_id: int | None) -> CallDetail:
    """Raises NotFoundError, also for a call the agent had no part in."""
    query = _summaries().where(InteractionRow.id == call_id)
    if only_agent_id is not None:
        query = query.where(_took_part(only_agent_id))
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFoundError
    path = msgspec.convert(msgspec.json.decode(found[0].flow_path), tuple[tuple[str, str, str], ...])
    agents = await _agent_names(session)
    return CallDetail(
        call=_summary(found),
        segments=await _segments(session, call_id, agents),
        path=path,
        recordings=await recordings_of(session, call_id),
        notes=await _notes(session, call_id, agents),
        interventions=await _interventions(session, call_id),
    )


async def _agent_names(session: AsyncSession) -> dict[int, str]:
    query = select(AgentRow.id, AgentRow.number, UserRow.name).join(UserRow, UserRow.id == AgentRow.user_id)
    rows = await session.execute(query)
    return {agent_id: f"{name} {number}" for agent_id, number, name in rows}


async def _segments(session: AsyncSession, call_id: str, agents: dict[int, str]) -> tuple[CallSegment, ...]:
    queues = dict((await session.execute(select(QueueRow.id, QueueRow.name))).all())
    query = select(SegmentRow).where(SegmentRow.interaction_id == call_id)
    rows = await session.scalars(query.order_by(SegmentRow.started_at, SegmentRow.id))
    return tuple(
        CallSegment(
            kind=row.kind,
            started_at=row.started_at,
            ended_at=row.ended_at,
            queue=queues.get(row.queue_id or 0, ""),
            agent=agents.get(row.agent_id or 0, ""),
            party=row.party,
            result=row.result,
        )
        for row in rows
    )


async def recordings_of(session: AsyncSession, call_id: str) -> tuple[CallRecording, ...]:
    query = select(RecordingRow).where(RecordingRow.interaction_id == call_id).order_by(RecordingRow.started_at)
    return tuple(
        CallRecording(
            id=row.id,
            status=row.status,
            file=row.file,
            milliseconds=row.milliseconds,
            size_bytes=row.size_bytes,
            peaks=row.peaks,
            salvaged=row.salvaged,
            started_at=row.started_at,
        )
        for row in await session.scalars(query)
    )


async def _notes(session: AsyncSession, call_id: str, agents: dict[int, str]) -> tuple[CallNotes, ...]:
    query = select(WrapUpRow).where(WrapUpRow.interaction_id == call_id).order_by(WrapUpRow.saved_at)
    return tuple(
        CallNotes(
            agent=agents.get(row.agent_id, ""),
            business_type=row.business_type,
            outcome=row.outcome,
            notes=row.notes,
            saved_at=row.saved_at,
        )
        for row in await session.scalars(query)
    )


async def _interventions(session: AsyncSession, call_id: str) -> tuple[Intervention, ...]:
    query = (
        select(AuditRow, UserRow.name)
        .outerjoin(UserRow, UserRow.id == AuditRow.user_id)
        .where(AuditRow.subject_kind == "call", AuditRow.subject_id == call_id, AuditRow.action.in_(ACTIONS))
        .order_by(AuditRow.id)
    )
    rows = await session.execute(query)
    return interventions(Line(row.at, row.login, name or "", row.action, row.detail) for row, name in rows)
