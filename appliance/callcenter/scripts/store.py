"""Queries about phrase cards."""

import dataclasses
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.records import RecordStore
from appliance.callcenter.scripts.model import Script, ScriptDraft
from appliance.callcenter.scripts.tables import ScriptRow


class ScriptStore(RecordStore[Script, ScriptDraft]):
    row = ScriptRow
    searched = (ScriptRow.title, ScriptRow.text)
    sorts = {"title": ScriptRow.title, "position": ScriptRow.position}  # noqa: RUF012
    order = ScriptRow.position
    same = tuple(field.name for field in dataclasses.fields(ScriptDraft))

    def model(self, row: ScriptRow) -> Script:
        return Script(**self.alike(row), changed_at=row.changed_at)

    def values(self, draft: ScriptDraft) -> dict[str, Any]:
        return super().values(draft) | {"changed_at": clock.now_ms()}


async def shown(session: AsyncSession) -> list[Script]:
    """What agents see, in order."""
    query = select(ScriptRow).where(ScriptRow.active).order_by(ScriptRow.position, ScriptRow.id)
    return [ScriptStore().model(row) for row in await session.scalars(query)]
