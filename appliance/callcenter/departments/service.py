"""Administering departments."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.departments import store
from appliance.callcenter.departments.model import Department, DepartmentDraft
from appliance.callcenter.departments.tables import DepartmentRow
from appliance.callcenter.records import RecordService
from appliance.db import Sessions
from appliance.errors import ConflictError


class DepartmentInUseError(ConflictError):
    code = "department-in-use"
    zh, en = "该科室已有工单，请停用而不要删除", "There are work orders with this department; switch it off instead"


class DepartmentService(RecordService[Department, DepartmentDraft]):
    kind: ClassVar[str] = "department"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, store.DepartmentStore())

    async def check(self, session: AsyncSession, draft: DepartmentDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name", DepartmentRow.name, draft.name, record_id)

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        if orders := await store.orders_of(session, record_id):
            raise DepartmentInUseError(str(orders))
