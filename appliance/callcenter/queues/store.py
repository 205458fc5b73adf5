"""Queries about queues and who serves them."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.acd.model import Strategy
from appliance.callcenter.acd.policy import Step, encode, parse_needs, parse_steps, target_of
from appliance.callcenter.calls.business import parse as parse_types
from appliance.callcenter.people.tables import AgentRow, QueueAgentRow
from appliance.callcenter.queues.model import Queue, QueueDraft
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.records import RecordStore


class QueueStore(RecordStore[Queue, QueueDraft]):
    row = QueueRow
    searched = (QueueRow.name, QueueRow.number)
    sorts = {"name": QueueRow.name, "number": QueueRow.number}  # noqa: RUF012
    order = QueueRow.number
    same = (
        "name",
        "number",
        "ring_seconds",
        "wrap_up_seconds",
        "service_level_seconds",
        "announce_seconds",
        "callback_mode",
        "callback_key",
        "callback_attempts",
        "callback_gap_minutes",
        "callback_expiry_hours",
        "announce_wait",
        "age_points",
        "announce_agent",
        "rating",
        "sticky_tried_days",
        "sticky_talked_days",
        "sticky_wait_seconds",
    )

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Queue, ...]:
        query = select(QueueAgentRow.queue_id, QueueAgentRow.agent_id).where(
            QueueAgentRow.queue_id.in_([row.id for row in rows])
        )
        members: dict[int, list[int]] = {}
        for queue_id, agent_id in await session.execute(query):
            members.setdefault(queue_id, []).append(agent_id)
        return tuple(
            Queue(
                **self.alike(row),
                agent_ids=tuple(sorted(members.get(row.id, ()))),
                strategy=Strategy(row.strategy),
                needs=parse_needs(row.needs),
                steps=parse_steps(row.steps),
                business_types=parse_types(row.business_types),
            )
            for row in rows
        )

    def values(self, draft: QueueDraft) -> dict[str, Any]:
        return {
            **super().values(draft),
            "strategy": draft.strategy.value,
            "needs": encode(draft.needs),
            "steps": encode(draft.steps),
            "business_types": ",".join(draft.business_types),
        }

    async def attach(self, session: AsyncSession, record_id: int, draft: QueueDraft) -> None:
        await session.execute(delete(QueueAgentRow).where(QueueAgentRow.queue_id == record_id))
        known = await session.scalars(select(AgentRow.id).where(AgentRow.id.in_(draft.agent_ids)))
        session.add_all(QueueAgentRow(queue_id=record_id, agent_id=agent_id) for agent_id in known)
        await session.flush()


async def set_agent_queues(session: AsyncSession, agent_id: int, queue_ids: tuple[int, ...]) -> None:
    """Make `queue_ids` the queues the agent serves."""
    await session.execute(delete(QueueAgentRow).where(QueueAgentRow.agent_id == agent_id))
    known = await session.scalars(select(QueueRow.id).where(QueueRow.id.in_(queue_ids)))
    session.add_all(QueueAgentRow(queue_id=queue_id, agent_id=agent_id) for queue_id in known)
    await session.flush()


async def policies(session: AsyncSession) -> list[tuple[int, str, tuple[Step, ...]]]:
    """Id, name and steps of every queue."""
    rows = await session.execute(select(QueueRow.id, QueueRow.name, QueueRow.steps).order_by(QueueRow.number))
    return [(key, name, parse_steps(steps)) for key, name, steps in rows]


async def queues_with_target(session: AsyncSession, kind: str, record_id: int) -> list[str]:
    """Names of queues whose steps use this prompt, queue or flow."""
    return [
        name
        for _, name, steps in await policies(session)
        if any(target_of(step.do) == (kind, record_id) for step in steps)
    ]
