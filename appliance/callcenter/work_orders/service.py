"""Making work orders, and what departments and agents do with them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.departments import store as departments
from appliance.callcenter.forms import FormError, phrase
from appliance.callcenter.listing import Listing, Results
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.work_orders import rules, store
from appliance.callcenter.work_orders.model import (
    Action,
    Order,
    OrderDetail,
    OrderDraft,
    OrderQuery,
    Party,
    Standing,
    Status,
)
from appliance.clock import Millis
from appliance.db import Sessions
from appliance.errors import NotFoundError, StaleError

KIND = "work-order"
LONGEST_DUE_MS = 366 * 86_400_000


class WorkOrderService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def find(self, query: OrderQuery, party: Party, listing: Listing) -> Results[Order]:
        async with self._sessions() as session, session.begin():
            return await store.find(session, query, party, listing)

    async def export(self, query: OrderQuery, party: Party, listing: Listing, author: Author) -> Results[Order]:
        """Like `find`; that somebody took the list away is written down."""
        async with self._sessions() as session, session.begin():
            found = await store.find(session, query, party, listing)
            audit.note(session, author, "export", KIND, "", f"{len(found.rows)}: {query}")
            return found

    async def view(self, order_id: int, party: Party, author: Author) -> OrderDetail:
        """Raises NotFoundError."""
        async with self._sessions() as session, session.begin():
            order = await store.get(session, order_id, party)
            steps = await store.steps(session, order_id)
            allowed = rules.allowed(order.status, await _standing(session, order, party))
            audit.note(session, author, "view", KIND, order_id)
            return OrderDetail(order, steps, allowed)

    async def create(self, draft: OrderDraft, party: Party, author: Author) -> int:
        """Raises FormError."""
        now = clock.now_ms()
        async with self._sessions() as session, session.begin():
            try:
                hours = await store.department_hours(session, draft.department_id)
            except NotFoundError:
                raise FormError.of("department_id", phrase("This department takes no work orders")) from None
            if draft.patient_id is not None and not await store.patient_exists(session, draft.patient_id):
                raise FormError.of("patient_id", phrase("No such patient"))
            due = await _due(session, draft, now, hours)
            values = {
                "business_type": draft.business_type,
                "urgency": draft.urgency,
                "status": Status.OPEN.value,
                "department_id": draft.department_id,
                "text": draft.text,
                "telephone": draft.telephone,
                "patient_id": draft.patient_id,
                "interaction_id": draft.interaction_id,
                "created_at": now,
                "created_by": party.user_id,
                "due_at": due,
                "changed_at": now,
            }
            order_id = await store.insert(session, values)
            await _note_step(session, order_id, party, Action.CREATE, "", draft.department_id, Status.OPEN)
            audit.note(session, author, "create", KIND, order_id, f"department: {draft.department_id}")
            return order_id

    async def act(
        self,
        order_id: int,
        version: int,
        action: Action,
        text: str,
        department_id: int | None,
        party: Party,
        author: Author,
    ) -> None:
        """Do one step. Raises NotFoundError, NotPossibleError, ForbiddenError, InvalidError or StaleError."""
        now = clock.now_ms()
        async with self._sessions() as session, session.begin():
            order = await store.get(session, order_id, party)
            if order.version != version:
                raise StaleError
            status = rules.after(order.status, action, await _standing(session, order, party), text)
            place = rules.department_after(action, order.department_id, department_id)
            values: dict[str, object] = {"status": status.value, "changed_at": now}
            if place != order.department_id:
                hours = await store.department_hours(session, place)
                due = max(order.due_at, rules.usual_due(now, hours, order.urgency))
                values |= {"department_id": place, "handler_id": None, "due_at": due}
            if action is Action.REOPEN:
                hours = await store.department_hours(session, place)
                values |= {"closed_at": None, "due_at": rules.usual_due(now, hours, order.urgency)}
            if action in {Action.ACCEPT, Action.ANSWER}:
                values["handler_id"] = party.user_id
            if status in {Status.CLOSED, Status.WITHDRAWN} and action is not Action.NOTE:
                values["closed_at"] = now
            await store.change(session, order_id, version, values)
            await _note_step(session, order_id, party, action, text, place, status)
            audit.note(session, author, action.value, KIND, order_id, f"status: {order.status} → {status}")


async def _due(session: AsyncSession, draft: OrderDraft, now: Millis, hours: int) -> Millis:
    if not draft.due:
        return rules.usual_due(now, hours, draft.urgency)
    zone = ZoneInfo((await settings_store.load(session)).time_zone)
    due = clock.from_datetime(datetime.fromisoformat(draft.due).replace(tzinfo=zone))
    if not now < due < now + LONGEST_DUE_MS:
        raise FormError.of("due", phrase("Please choose a time in the coming twelve months"))
    return due


async def _standing(session: AsyncSession, order: Order, party: Party) -> Standing:
    return Standing(
        department=order.department_id in await departments.departments_of(session, party.user_id),
        creator=order.created_by == party.user_id,
        manager=party.manager,
    )


async def _note_step(
    session: AsyncSession, order_id: int, party: Party, action: Action, text: str, place: int, status: Status
) -> None:
    step = {
        "at": clock.now_ms(),
        "user_id": party.user_id,
        "action": action.value,
        "text": text,
        "department_id": place,
        "status": status.value,
    }
    await store.add_step(session, order_id, step)
