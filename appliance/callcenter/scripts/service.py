"""Administering phrase cards."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.forms import FormError, phrase
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.records import RecordService
from appliance.callcenter.scripts import store
from appliance.callcenter.scripts.model import Script, ScriptDraft
from appliance.db import Sessions


class ScriptService(RecordService[Script, ScriptDraft]):
    kind: ClassVar[str] = "script"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, store.ScriptStore())

    async def check(self, session: AsyncSession, draft: ScriptDraft, record_id: int | None) -> None:  # noqa: ARG002
        if draft.queue_id is not None and await session.get(QueueRow, draft.queue_id) is None:
            raise FormError.of("queue_id", phrase("Please choose one"))

    async def shown(self) -> list[Script]:
        """What agents see, in order."""
        async with self._sessions() as session, session.begin():
            return await store.shown(session)
