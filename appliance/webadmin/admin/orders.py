"""Work orders: the list, one order with its history and what can be done with it, and a new one."""

from dataclasses import dataclass
from typing import Any

from appliance import clock
from appliance.callcenter.departments.model import Department
from appliance.callcenter.departments.service import DepartmentService
from appliance.callcenter.forms import Field, phrase
from appliance.callcenter.listing import EVERYTHING, Listing
from appliance.callcenter.patients.service import PatientService
from appliance.callcenter.work_orders import forms, rules
from appliance.callcenter.work_orders.model import Action, Order, OrderDetail, OrderQuery, Party
from appliance.callcenter.work_orders.service import WorkOrderService
from appliance.errors import NotFoundError, UserError
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.patients import json_values
from appliance.webadmin.admin.records import Column, Option
from appliance.webadmin.permissions import Permission, needs

VIEW = needs(Permission.ORDERS_VIEW)
CREATE = needs(Permission.ORDERS_CREATE)

STATUSES = {
    "open": phrase("Waiting for the department"),
    "accepted": phrase("In work"),
    "answered": phrase("Replied"),
    "closed": phrase("Finished"),
    "withdrawn": phrase("Withdrawn"),
}
TONES = {"open": "yellow", "accepted": "blue", "answered": "green", "closed": "secondary", "withdrawn": "secondary"}
URGENCIES = dict(forms.URGENCIES)
URGENCY_TONES = {"normal": "secondary", "urgent": "yellow", "critical": "red"}
ACTIONS = {
    "accept": phrase("Accept"),
    "answer": phrase("Reply"),
    "pass_on": phrase("Pass on"),
    "close": phrase("Finish"),
    "reopen": phrase("Open again"),
    "withdraw": phrase("Withdraw"),
    "remind": phrase("Remind"),
    "note": phrase("Add a note"),
}
DONE = {
    "create": phrase("created"),
    "accept": phrase("accepted"),
    "answer": phrase("replied"),
    "pass_on": phrase("passed on"),
    "close": phrase("finished"),
    "reopen": phrase("opened again"),
    "withdraw": phrase("withdrew"),
    "remind": phrase("reminded"),
    "note": phrase("noted"),
}
COLUMNS = (
    Column(phrase("No."), "number"),
    Column(phrase("Urgency"), "urgency"),
    Column(phrase("Business type")),
    Column(phrase("What is to be done")),
    Column(phrase("Patient")),
    Column(phrase("Department"), "department"),
    Column(phrase("State"), "status"),
    Column(phrase("Due"), "due"),
    Column(phrase("Made by")),
    Column(phrase("Created on"), "created", narrow=True),
)
HEADER = (
    *(phrase("No."), phrase("State"), phrase("Overdue"), phrase("Urgency"), phrase("Business type")),
    *(phrase("Department"), phrase("Handled by"), phrase("What is to be done"), phrase("Patient")),
    *(phrase("Telephone"), phrase("Made by"), phrase("Created on"), phrase("Due"), phrase("Finished on")),
)


@dataclass(frozen=True)
class OrderServices:
    orders: WorkOrderService
    departments: DepartmentService
    patients: PatientService


class OrderPage(Page):
    access = VIEW

    def initialize(self, services: OrderServices) -> None:
        self.orders = services.orders
        self.departments = services.departments
        self.patients = services.patients

    @property
    def party(self) -> Party:
        return Party(
            self.person.user_id,
            manager=self.may(Permission.ORDERS_MANAGE),
            centre=self.may(Permission.ORDERS_CREATE),
        )

    async def open_departments(self) -> list[Department]:
        return [one for one in (await self.departments.find(EVERYTHING)).rows if one.active]

    def get_template_namespace(self) -> dict[str, Any]:
        words = {"statuses": STATUSES, "tones": TONES, "urgencies": URGENCIES, "urgency_tones": URGENCY_TONES}
        more = {"types": forms.TYPE_WORDS, "actions": ACTIONS, "done_words": DONE, "now": clock.now_ms()}
        return super().get_template_namespace() | words | more


class OrderList(OrderPage):
    columns = COLUMNS

    def query(self) -> OrderQuery:
        status, whose = self.word("status"), self.word("whose")
        unfinished = "unfinished" if "status" not in self.request.query_arguments else ""
        return OrderQuery(
            text=self.word("q"),
            department_id=self.whole("department"),
            status=status if status in {"unfinished", *STATUSES} else unfinished,
            whose=whose if whose in {"created", "departments"} else "",
            overdue=self.word("overdue") == "1",
        )

    async def get(self) -> None:
        query, listing = self.query(), self.listing()
        if self.word("format") == "csv":
            await self._export(query, listing)
            return
        await self.render(
            "orders.html",
            title=self.locale.translate("Work orders"),
            results=await self.orders.find(query, self.party, listing),
            query=query,
            departments=(await self.departments.find(EVERYTHING)).rows,
        )

    async def _export(self, query: OrderQuery, listing: Listing) -> None:
        every = Listing(sort=listing.sort, descending=listing.descending, size=EVERYTHING.size)
        found = await self.orders.export(query, self.party, every, self.author)
        now = clock.now_ms()
        await self.send_csv("work-orders", HEADER, [self._row(order, now) for order in found.rows])

    def _row(self, order: Order, now: int) -> list[object]:
        say = self.locale.translate
        return [
            *(order.id, say(STATUSES[order.status]), say("yes") if order.overdue(now) else ""),
            *(say(URGENCIES[order.urgency]), say(forms.TYPE_WORDS[order.business_type]), order.department),
            *(order.handler, order.text, order.patient, order.telephone, order.creator),
            *(self.when(order.created_at), self.when(order.due_at), self.when(order.closed_at)),
        ]


class OrderView(OrderPage):
    """One order. What is done with it is posted here: `action`, `version`, `text`, `department_id`."""

    async def get(self, order_id: str) -> None:
        await self._show(await self.orders.view(int(order_id), self.party, self.author))

    async def post(self, order_id: str) -> None:
        wanted = self.get_body_argument("action", "")
        if wanted not in ACTIONS:
            raise NotFoundError
        version, place = self._number("version"), self._number("department_id")
        try:
            text = forms.read_text(self.values())
            await self.orders.act(int(order_id), version or 0, Action(wanted), text, place, self.party, self.author)
        except UserError as error:
            if error.status == 404:
                raise
            detail = await self.orders.view(int(order_id), self.party, self.author)
            await self._show(detail, error, wanted)
            return
        self.done("saved", f"/orders/{order_id}")

    def _number(self, name: str) -> int | None:
        value = self.get_body_argument(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None

    async def _show(self, detail: OrderDetail, error: UserError | None = None, tried: str = "") -> None:
        self.set_status(error.status if error else 200)
        problems = self.form_problems(error) if error else {}
        await self.render(
            "order.html",
            title=f"{self.locale.translate('Work order')} #{detail.order.id}",
            detail=detail,
            order=detail.order,
            departments=await self.open_departments(),
            needs_text=lambda action: rules.needs_text(detail.order.status, action),
            refusal=next(iter(problems.values()), ""),
            tried=tried,
            written=self.get_body_argument("text", "") if error else "",
        )


class NewOrder(OrderPage):
    access = CREATE

    async def get(self) -> None:
        given = {name: [self.word(name, 64)] for name in ("telephone", "patient_id", "interaction_id", "business_type")}
        await self._show({"urgency": ["normal"], **given}, {})

    async def post(self) -> None:
        values = self.values()
        try:
            order_id = await self.orders.create(forms.read(values), self.party, self.author)
        except UserError as error:
            await self._show(values, self.form_problems(error))
            return
        self.done("created", f"/orders/{order_id}")

    async def _show(self, given: dict[str, list[str]], problems: dict[str, str]) -> None:
        self.set_status(422 if problems else 200)

        def shown(field: Field) -> str:
            return given.get(field.name, [""])[-1]

        departments = await self.open_departments()
        await self.render(
            "order_new.html",
            title=self.locale.translate("New work order"),
            fields=forms.FIELDS,
            hidden=forms.HIDDEN,
            shown=shown,
            options={"department_id": [Option(str(one.id), one.name) for one in departments]},
            departments=departments,
            patient=await self._patient(shown(forms.HIDDEN[0])),
            problems=problems,
        )

    async def _patient(self, key: str) -> str:
        if not (key.isascii() and key.isdigit() and len(key) <= 18):
            return ""
        try:
            return (await self.patients.view(int(key), self.author)).name
        except NotFoundError:
            return ""


class QuickOrder(OrderPage):
    """From the agent desktop, as JSON; answers with the order."""

    access = CREATE
    json_only = True

    async def post(self) -> None:
        draft = forms.read(json_values(self.request.body))
        order_id = await self.orders.create(draft, self.party, self.author)
        self.set_status(201)
        detail = await self.orders.view(order_id, self.party, self.author)
        self.send_json(order_document(detail.order))


def order_document(order: Order) -> dict[str, object]:
    """An order as the desktop's lists show it."""
    return {
        "id": order.id,
        "call": order.interaction_id,
        "business_type": order.business_type,
        "urgency": order.urgency,
        "status": order.status.value,
        "department": order.department,
        "text": order.text[:200],
        "patient": order.patient,
        "due_at": order.due_at,
        "overdue": order.overdue(clock.now_ms()),
        "changed_at": order.changed_at,
    }


def routes(orders: WorkOrderService, departments: DepartmentService, patients: PatientService) -> list[Any]:
    given = {"services": OrderServices(orders, departments, patients)}
    return [
        (r"/orders", OrderList, given),
        (r"/orders/new", NewOrder, given),
        (r"/orders/quick\.json", QuickOrder, given),
        (r"/orders/([0-9]{1,18})", OrderView, given),
    ]
