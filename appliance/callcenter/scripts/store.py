"""Queries about phrase cards."""

import dataclasses
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.records import RecordStore
from appliance.callcenter.scripts.model import Script, ScriptDraft
from appliance.callcenter.scripts.tables import ScriptRow

_OWN = tuple(field.name for field in dataclasses.fields(ScriptDraft))


class ScriptStore(RecordStore[Script, ScriptDraft]):
    row = ScriptRow
    searched = (ScriptRow.title, ScriptRow.text)
    sorts = {"title": ScriptRow.title, "position": ScriptRow.position}  # noqa: RUF012
    order = ScriptRow.position

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Script, ...]:  # noqa: ARG002 - nothing to look up
        return tuple(_model(row) for row in rows)

    def values(self, draft: ScriptDraft) -> dict[str, Any]:
        return {name: getattr(draft, name) for name in _OWN} | {"changed_at": clock.now_ms()}


def _model(row: ScriptRow) -> Script:
    return Script(id=row.id, changed_at=row.changed_at, **{name: getattr(row, name) for name in _OWN})


async def shown(session: AsyncSession) -> list[Script]:
    """What agents see, in order."""
    query = select(ScriptRow).where(ScriptRow.active).order_by(ScriptRow.position, ScriptRow.id)
    return [_model(row) for row in await session.scalars(query)]
