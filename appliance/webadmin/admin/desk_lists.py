"""What the agent desktop shows beside the live state: my calls today, promised calls, my orders, cards, departments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appliance import clock
from appliance.callcenter.calls.again import AgainService, PromisedCall
from appliance.callcenter.calls.search_model import CallQuery, CallSummary
from appliance.callcenter.calls.search_service import CallSearchService
from appliance.callcenter.departments.service import DepartmentService
from appliance.callcenter.listing import EVERYTHING, Listing
from appliance.callcenter.scripts.model import Script
from appliance.callcenter.scripts.service import ScriptService
from appliance.callcenter.work_orders.model import OrderQuery, Party
from appliance.callcenter.work_orders.service import WorkOrderService
from appliance.webadmin.admin import show
from appliance.webadmin.admin.orders import order_document
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import Permission, needs

ROWS = 50


@dataclass(frozen=True)
class DeskServices:
    calls: CallSearchService
    again: AgainService
    orders: WorkOrderService
    scripts: ScriptService
    departments: DepartmentService


class DeskPage(Page):
    access = needs(Permission.DESK_USE)
    json_only = True

    def initialize(self, services: DeskServices) -> None:
        self.services = services

    def counts_as_activity(self) -> bool:
        """The desktop asks by itself."""
        return self.request.method == "POST"


class DeskSetup(DeskPage):
    """Cards and departments; asked again when the configuration has changed."""

    async def get(self) -> None:
        departments = await self.services.departments.find(EVERYTHING)
        self.send_json(
            {
                "hospital": self.hospital.hospital_name,
                "scripts": [_script(one) for one in await self.services.scripts.shown()],
                "departments": [
                    {"id": one.id, "name": one.name, "telephone": one.telephone}
                    for one in departments.rows
                    if one.active
                ],
            }
        )


class DeskLists(DeskPage):
    """The agent's own lists."""

    async def get(self) -> None:
        person = self.person
        midnight = datetime.now(show.zone(self.hospital.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        today = CallQuery(
            since=clock.from_datetime(midnight),
            until=clock.from_datetime(midnight + timedelta(days=1)),
            only_agent_id=person.agent_id or 0,
        )
        mine = OrderQuery(status="unfinished", whose="created")
        calls = await self.services.calls.find(today, Listing(size=ROWS))
        orders = await self.services.orders.find(mine, Party(person.user_id), Listing(size=ROWS))
        again = await self.services.again.due(person.agent_id or 0)
        self.send_json(
            {
                "calls": [_call(call) for call in calls.rows],
                "again": [_promise(one) for one in again],
                "orders": [order_document(order) for order in orders.rows],
            }
        )


class DeskCall(DeskPage):
    """A finished call as the desktop shows one: for a form that is still owed after the page was opened anew."""

    async def get(self, call_id: str) -> None:
        call = (await self.services.calls.view(call_id, self.person.agent_id or 0, self.author)).call
        patient = {"id": call.patient_id, "name": call.patient, "vip": call.vip}
        self.send_json(
            {
                "id": call.id,
                "direction": call.direction,
                "caller": call.caller,
                "called": call.called,
                "phase": "ended",
                "queue": call.queue_id,
                "patient_id": call.patient_id,
                "patients": [patient] if call.patient_id else [],
                "path": [],
            }
        )


class CalledAgain(DeskPage):
    """A promised call is done, or (with `undo`) still to do."""

    async def post(self, wrap_up: str) -> None:
        undo = self.get_query_argument("undo", "") == "1"
        await self.services.again.done(int(wrap_up), self.person.agent_id or 0, done=not undo)
        self.send_json({})


def _script(one: Script) -> dict[str, object]:
    return {
        "id": one.id,
        "title": one.title,
        "business_type": one.business_type,
        "queue": one.queue_id,
        "text": one.text,
    }


def _call(call: CallSummary) -> dict[str, object]:
    return {
        "id": call.id,
        "direction": call.direction,
        "number": call.remote,
        "patient": call.patient,
        "patient_id": call.patient_id,
        "at": call.started_at,
        "talk_ms": call.talk_ms,
        "outcome": call.outcome,
        "business_type": call.business_type,
    }


def _promise(one: PromisedCall) -> dict[str, object]:
    return {
        "id": one.id,
        "call": one.call,
        "number": one.number,
        "patient": one.patient,
        "patient_id": one.patient_id,
        "at": one.at,
        "notes": one.notes[:200],
    }


def routes(services: DeskServices) -> list[Any]:
    given = {"services": services}
    return [
        (r"/desktop/setup\.json", DeskSetup, given),
        (r"/desktop/lists\.json", DeskLists, given),
        (r"/desktop/call/([0-9a-z]{1,32})\.json", DeskCall, given),
        (r"/desktop/again/([0-9]{1,18})", CalledAgain, given),
    ]
