"""Queries about flows: what is published, and what the published flows use."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.ivr.model import Flow, FlowError, Queue, parse, prompts_of
from appliance.callcenter.ivr.tables import FlowRow, FlowVersionRow
from appliance.clock import Millis
from appliance.errors import NotFoundError


@dataclass(frozen=True)
class FlowSummary:
    id: int
    name: str
    version: int | None
    """The published one, or None."""
    note: str
    published_at: Millis | None
    published_by: str


async def summaries(session: AsyncSession) -> tuple[FlowSummary, ...]:
    query = (
        select(FlowRow, FlowVersionRow)
        .outerjoin(
            FlowVersionRow,
            (FlowVersionRow.flow_id == FlowRow.id) & (FlowVersionRow.version == FlowRow.published_version),
        )
        .order_by(FlowRow.name)
    )
    return tuple(
        FlowSummary(
            id=flow.id,
            name=flow.name,
            version=version.version if version else None,
            note=version.note if version else "",
            published_at=version.created_at if version else None,
            published_by=version.created_by if version else "",
        )
        for flow, version in (await session.execute(query))
    )


async def published(session: AsyncSession, flow_id: int) -> tuple[FlowSummary, Flow | None]:
    """The flow and its published graph. Raises NotFoundError."""
    found = [summary for summary in await summaries(session) if summary.id == flow_id]
    if not found:
        raise NotFoundError
    graph = await session.scalar(
        select(FlowVersionRow.graph).where(
            FlowVersionRow.flow_id == flow_id, FlowVersionRow.version == found[0].version
        )
    )
    return found[0], parse(graph) if graph else None


async def publish(session: AsyncSession, flow: Flow, *, note: str, by: str) -> int:
    """Store `flow` as the next version of the flow of that name, make it the published one; returns the flow's id."""
    row = await session.scalar(select(FlowRow).where(FlowRow.name == flow.name))
    if row is None:
        row = FlowRow(name=flow.name)
        session.add(row)
        await session.flush()
    row.published_version = (row.published_version or 0) + 1
    session.add(
        FlowVersionRow(
            flow_id=row.id,
            version=row.published_version,
            graph=msgspec.json.encode(flow).decode(),
            note=note,
            created_at=clock.now_ms(),
            created_by=by,
        )
    )
    await session.flush()
    return row.id


async def _published_flows(session: AsyncSession) -> list[Flow]:
    query = select(FlowVersionRow.graph).join(
        FlowRow, (FlowRow.id == FlowVersionRow.flow_id) & (FlowRow.published_version == FlowVersionRow.version)
    )
    flows = []
    for graph in await session.scalars(query):
        try:
            flows.append(parse(graph))
        except FlowError:
            continue
    return flows


async def flows_with_queue(session: AsyncSession, number: str) -> list[str]:
    """Names of published flows that lead into the queue with this internal number."""
    return [
        flow.name
        for flow in await _published_flows(session)
        if any(isinstance(node, Queue) and node.queue == number for node in flow.nodes.values())
    ]


async def flows_with_prompt(session: AsyncSession, name: str) -> list[str]:
    """Names of published flows that say this prompt."""
    return [
        flow.name
        for flow in await _published_flows(session)
        if any(name in prompts_of(node) for node in flow.nodes.values())
    ]


async def flows_with_skill(session: AsyncSession, name: str) -> list[str]:
    """Names of published flows that ask agents for this skill."""
    return [
        flow.name
        for flow in await _published_flows(session)
        if any(isinstance(node, Queue) and name in node.skills for node in flow.nodes.values())
    ]
