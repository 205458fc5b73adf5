"""Queries about departments and their people."""

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.departments.model import Department, DepartmentDraft
from appliance.callcenter.departments.tables import DepartmentMemberRow, DepartmentRow
from appliance.callcenter.people.tables import UserRow
from appliance.callcenter.records import RecordStore
from appliance.callcenter.work_orders.tables import WorkOrderRow


class DepartmentStore(RecordStore[Department, DepartmentDraft]):
    row = DepartmentRow
    searched = (DepartmentRow.name, DepartmentRow.telephone)
    sorts = {"name": DepartmentRow.name}  # noqa: RUF012
    order = DepartmentRow.name
    same = ("name", "telephone", "due_hours", "active")

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Department, ...]:
        query = select(DepartmentMemberRow.department_id, DepartmentMemberRow.user_id).where(
            DepartmentMemberRow.department_id.in_([row.id for row in rows])
        )
        members: dict[int, list[int]] = {}
        for department_id, user_id in await session.execute(query):
            members.setdefault(department_id, []).append(user_id)
        return tuple(Department(**self.alike(row), user_ids=tuple(sorted(members.get(row.id, ())))) for row in rows)

    async def attach(self, session: AsyncSession, record_id: int, draft: DepartmentDraft) -> None:
        await session.execute(delete(DepartmentMemberRow).where(DepartmentMemberRow.department_id == record_id))
        known = await session.scalars(select(UserRow.id).where(UserRow.id.in_(draft.user_ids)))
        session.add_all(DepartmentMemberRow(department_id=record_id, user_id=user_id) for user_id in known)
        await session.flush()


async def orders_of(session: AsyncSession, department_id: int) -> int:
    """How many work orders lie or lay with the department."""
    query = select(func.count()).select_from(WorkOrderRow).where(WorkOrderRow.department_id == department_id)
    return await session.scalar(query) or 0


async def departments_of(session: AsyncSession, user_id: int) -> frozenset[int]:
    """Where the user deals with work orders."""
    query = select(DepartmentMemberRow.department_id).where(DepartmentMemberRow.user_id == user_id)
    return frozenset(await session.scalars(query))
