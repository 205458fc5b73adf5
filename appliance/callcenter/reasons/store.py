"""Queries about pause reasons and how long agents paused."""

import dataclasses
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import db
from appliance.callcenter.live.tables import AgentStateRow
from appliance.callcenter.reasons.model import PauseReason, PauseReasonDraft
from appliance.callcenter.reasons.rules import Stretch, stretches
from appliance.callcenter.reasons.tables import PauseReasonRow
from appliance.callcenter.records import RecordStore
from appliance.clock import Millis

_LOOK_BACK_MS = 12 * 3_600_000
"""A pause that began before midnight is in the log before it."""


class PauseReasonStore(RecordStore[PauseReason, PauseReasonDraft]):
    row = PauseReasonRow
    searched = (PauseReasonRow.name_zh, PauseReasonRow.name_en)
    sorts = {"name": PauseReasonRow.name_zh, "position": PauseReasonRow.position}  # noqa: RUF012
    order = PauseReasonRow.position
    same = tuple(field.name for field in dataclasses.fields(PauseReasonDraft))

    def model(self, row: PauseReasonRow) -> PauseReason:
        return PauseReason(**self.alike(row), code=row.code)

    def at_first(self) -> dict[str, Any]:
        return {"code": f"pause_{db.new_id()}"}


async def every(session: AsyncSession) -> dict[str, PauseReason]:
    """All of them by code, in the order of the menu; old ones too, because the log may name them."""
    rows = await session.scalars(select(PauseReasonRow).order_by(PauseReasonRow.position, PauseReasonRow.id))
    return {row.code: PauseReasonStore().model(row) for row in rows}


async def was_used(session: AsyncSession, code: str) -> bool:
    query = select(AgentStateRow.id).where(AgentStateRow.cause == code).limit(1)
    return (await session.scalar(query)) is not None


async def pauses_since(session: AsyncSession, midnight: Millis) -> list[Stretch]:
    """Finished stretches of being busy that reach into the day."""
    query = (
        select(AgentStateRow.agent_id, AgentStateRow.state, AgentStateRow.cause, AgentStateRow.at)
        .where(AgentStateRow.at >= midnight - _LOOK_BACK_MS)
        .order_by(AgentStateRow.at, AgentStateRow.id)
    )
    return list(stretches((await session.execute(query)).tuples()))
