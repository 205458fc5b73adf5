"""Administering pause reasons."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.reasons import store
from appliance.callcenter.reasons.model import PauseReason, PauseReasonDraft
from appliance.callcenter.reasons.tables import PauseReasonRow
from appliance.callcenter.records import RecordService
from appliance.db import Sessions
from appliance.errors import ConflictError


class ReasonUsedError(ConflictError):
    code = "reason-used"
    zh, en = "该原因已被使用过，请停用而不要删除", "This reason has been used; switch it off instead"


class PauseReasonService(RecordService[PauseReason, PauseReasonDraft]):
    kind: ClassVar[str] = "pause-reason"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, store.PauseReasonStore())

    async def check(self, session: AsyncSession, draft: PauseReasonDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name_zh", PauseReasonRow.name_zh, draft.name_zh, record_id)

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        reason = await self._store.get(session, record_id)
        if await store.was_used(session, reason.code):
            raise ReasonUsedError
