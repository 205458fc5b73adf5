"""Queries about work orders."""

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from appliance import clock
from appliance.callcenter.departments.tables import DepartmentMemberRow, DepartmentRow
from appliance.callcenter.listing import Listing, Results, containing, fetch
from appliance.callcenter.patients.store import matching, words_of
from appliance.callcenter.patients.tables import PatientRow
from appliance.callcenter.people.tables import UserRow
from appliance.callcenter.work_orders.model import (
    UNFINISHED,
    WAITING_FOR_DEPARTMENT,
    Order,
    OrderNews,
    OrderQuery,
    OrderStep,
    Party,
    Status,
)
from appliance.callcenter.work_orders.tables import WorkOrderRow, WorkOrderStepRow
from appliance.errors import NotFoundError, StaleError

SORTS = {
    "number": WorkOrderRow.id,
    "due": WorkOrderRow.due_at,
    "status": WorkOrderRow.status,
    "urgency": WorkOrderRow.urgency,
    "department": DepartmentRow.name,
    "created": WorkOrderRow.created_at,
}
_CREATOR, _HANDLER = aliased(UserRow), aliased(UserRow)


def _orders() -> Select[*tuple[Any, ...]]:
    return (
        select(WorkOrderRow, DepartmentRow.name, PatientRow.name, _CREATOR.name, _HANDLER.name)
        .join(DepartmentRow, DepartmentRow.id == WorkOrderRow.department_id)
        .outerjoin(PatientRow, PatientRow.id == WorkOrderRow.patient_id)
        .outerjoin(_CREATOR, _CREATOR.id == WorkOrderRow.created_by)
        .outerjoin(_HANDLER, _HANDLER.id == WorkOrderRow.handler_id)
    )


def _order(found: Any) -> Order:
    row, department, patient, creator, handler = found
    same = ("id", "business_type", "urgency", "department_id", "text", "telephone", "patient_id", "interaction_id")
    times = ("created_at", "created_by", "due_at", "changed_at", "closed_at", "version")
    return Order(
        status=Status(row.status),
        department=department,
        patient=patient or "",
        creator=creator or "",
        handler=handler or "",
        **{name: getattr(row, name) for name in (*same, *times)},
    )


def _at_departments_of(user_id: int) -> ColumnElement[bool]:
    mine = select(DepartmentMemberRow.department_id).where(DepartmentMemberRow.user_id == user_id)
    return WorkOrderRow.department_id.in_(mine)


def visible_to(party: Party) -> list[ColumnElement[bool]]:
    """People of a department see what lies or lay with it."""
    if party.centre:
        return []
    mine = select(DepartmentMemberRow.department_id).where(DepartmentMemberRow.user_id == party.user_id)
    passed = select(WorkOrderStepRow.order_id).where(WorkOrderStepRow.department_id.in_(mine))
    return [WorkOrderRow.id.in_(passed)]


def _conditions(wanted: OrderQuery, party: Party) -> list[ColumnElement[bool]]:
    conditions = visible_to(party)
    if wanted.text.strip():
        conditions.append(_containing(wanted.text))
    if wanted.department_id is not None:
        conditions.append(WorkOrderRow.department_id == wanted.department_id)
    if wanted.patient_id is not None:
        conditions.append(WorkOrderRow.patient_id == wanted.patient_id)
    conditions += _in_state(wanted)
    if wanted.whose == "created":
        conditions.append(WorkOrderRow.created_by == party.user_id)
    if wanted.whose == "departments":
        conditions.append(_at_departments_of(party.user_id))
    return conditions


def _in_state(wanted: OrderQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status == "unfinished":
        conditions.append(WorkOrderRow.status.in_([one.value for one in UNFINISHED]))
    elif wanted.status:
        conditions.append(WorkOrderRow.status == wanted.status)
    if wanted.overdue:
        conditions.append(WorkOrderRow.status.in_([one.value for one in WAITING_FOR_DEPARTMENT]))
        conditions.append(WorkOrderRow.due_at < clock.now_ms())
    return conditions


def _containing(text: str) -> ColumnElement[bool]:
    """In the order's text or telephone, its number, or any way to find the patient."""
    found = containing(text, WorkOrderRow.text, WorkOrderRow.telephone)
    patients = select(PatientRow.id)
    for word in words_of(text):
        patients = patients.where(matching(word))
    either = or_(found, WorkOrderRow.patient_id.in_(patients))
    number = text.strip().lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 12:
        either = or_(either, WorkOrderRow.id == int(number))
    return either


async def find(session: AsyncSession, wanted: OrderQuery, party: Party, listing: Listing) -> Results[Order]:
    """Newest first unless sorted otherwise."""
    query = _orders().where(*_conditions(wanted, party))
    rows, total = await fetch(session, query, listing, SORTS, WorkOrderRow.created_at.desc(), WorkOrderRow.id.desc())
    return Results(tuple(_order(row) for row in rows), total, listing)


async def get(session: AsyncSession, order_id: int, party: Party) -> Order:
    """Raises NotFoundError, also for what `party` may not see."""
    query = _orders().where(WorkOrderRow.id == order_id, *visible_to(party))
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFoundError
    return _order(found)


async def steps(session: AsyncSession, order_id: int) -> tuple[OrderStep, ...]:
    query = (
        select(WorkOrderStepRow, UserRow.name, DepartmentRow.name)
        .join(DepartmentRow, DepartmentRow.id == WorkOrderStepRow.department_id)
        .outerjoin(UserRow, UserRow.id == WorkOrderStepRow.user_id)
        .where(WorkOrderStepRow.order_id == order_id)
        .order_by(WorkOrderStepRow.id)
    )
    return tuple(
        OrderStep(row.at, name or "", row.action, row.text, department, row.status)
        for row, name, department in await session.execute(query)
    )


async def insert(session: AsyncSession, values: dict[str, Any]) -> int:
    row = WorkOrderRow(**values)
    session.add(row)
    await session.flush()
    return int(row.id)


async def change(session: AsyncSession, order_id: int, version: int, values: dict[str, Any]) -> None:
    """Raises StaleError when somebody else changed the order meanwhile."""
    done = await session.execute(
        update(WorkOrderRow)
        .where(WorkOrderRow.id == order_id, WorkOrderRow.version == version)
        .values(**values, version=version + 1)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleError


async def add_step(session: AsyncSession, order_id: int, values: dict[str, Any]) -> None:
    session.add(WorkOrderStepRow(order_id=order_id, **values))
    await session.flush()


async def department_hours(session: AsyncSession, department_id: int) -> int:
    """How long it usually has. Raises NotFoundError when it takes no orders."""
    query = select(DepartmentRow.due_hours).where(DepartmentRow.id == department_id, DepartmentRow.active)
    hours = await session.scalar(query)
    if hours is None:
        raise NotFoundError
    return hours


async def patient_exists(session: AsyncSession, patient_id: int) -> bool:
    return await session.get(PatientRow, patient_id) is not None


async def last_step(session: AsyncSession) -> int:
    query = select(WorkOrderStepRow.id).order_by(WorkOrderStepRow.id.desc()).limit(1)
    return await session.scalar(query) or 0


async def news(session: AsyncSession, since: int, most: int) -> list[OrderNews]:
    """What was done after step `since`, oldest first."""
    query = (
        select(WorkOrderStepRow, WorkOrderRow.created_by, DepartmentRow.name)
        .join(WorkOrderRow, WorkOrderRow.id == WorkOrderStepRow.order_id)
        .join(DepartmentRow, DepartmentRow.id == WorkOrderStepRow.department_id)
        .where(WorkOrderStepRow.id > since)
        .order_by(WorkOrderStepRow.id)
        .limit(most)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return []
    places = {step.department_id for step, _by, _name in rows}
    people: dict[int, list[int]] = {}
    members = select(DepartmentMemberRow.department_id, DepartmentMemberRow.user_id)
    for department, user in await session.execute(members.where(DepartmentMemberRow.department_id.in_(places))):
        people.setdefault(department, []).append(user)
    return [
        OrderNews(
            step.id, step.order_id, step.action, name, step.user_id, by, tuple(people.get(step.department_id, ()))
        )
        for step, by, name in rows
    ]
