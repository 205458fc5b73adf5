"""Patients: list, record, and the pieces that the agent desktop shows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import msgspec

from appliance import clock
from appliance.callcenter.calls.search_model import CallQuery
from appliance.callcenter.calls.search_service import CallSearchService
from appliance.callcenter.forms import Field, phrase
from appliance.callcenter.listing import EVERYTHING, Listing, Results
from appliance.callcenter.patients import forms
from appliance.callcenter.patients.model import Patient, PatientDraft, PatientPhone, PatientQuery
from appliance.callcenter.patients.service import PatientService
from appliance.callcenter.work_orders.forms import TYPE_WORDS
from appliance.callcenter.work_orders.model import Order, OrderQuery, Party
from appliance.callcenter.work_orders.service import WorkOrderService
from appliance.errors import InvalidError, StaleError, UserError
from appliance.text import mask_number
from appliance.webadmin.admin import show
from appliance.webadmin.admin.navigation import DIRECTIONS, RESULTS, ending
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column
from appliance.webadmin.permissions import Access, Permission, needs

VIEW = needs(Permission.PATIENTS_VIEW)
EDIT = needs(Permission.PATIENTS_EDIT)
HISTORY_ROWS = 20
OPEN_ORDERS = 10
HISTORY = timedelta(days=3 * 366)
SUGGESTIONS = 20
BLANK_PHONES = 2
SEXES = dict(forms.SEXES)
RELATIONS = dict(forms.RELATIONS)
COLUMNS = (
    Column(phrase("Name"), "name"),
    Column(phrase("Sex")),
    Column(phrase("Birth date"), "birth_date"),
    Column(phrase("Telephones")),
    Column(phrase("Card number")),
    Column(phrase("Identity number")),
    Column(phrase("Department"), "department"),
    Column(phrase("Changed"), "updated", narrow=True),
)
HEADER = tuple(field.label for field in forms.FIELDS)


@dataclass(frozen=True)
class PatientServices:
    patients: PatientService
    calls: CallSearchService
    orders: WorkOrderService


class PatientPage(Page):
    access: ClassVar[Access] = VIEW

    def initialize(self, services: PatientServices) -> None:
        self.patients = services.patients
        self.calls = services.calls
        self.orders = services.orders

    def phone(self, number: str) -> str:
        """Those who call patients see numbers, others see that there is one."""
        return number if self.may(Permission.DESK_USE) else mask_number(number)

    def query(self) -> PatientQuery:
        return PatientQuery(self.word("q"), self.word("vip") == "1", self.word("department", 64))


class PatientList(PatientPage):
    columns = COLUMNS

    async def get(self) -> None:
        query, listing = self.query(), self.listing()
        if self.word("format") == "csv":
            await self._export(query, listing)
            return
        await self.render(
            "patients.html",
            title=self.locale.translate("Patients"),
            results=await self.patients.find(query, listing),
            query=query,
            departments=await self.patients.departments(),
            sexes=SEXES,
            masked=show.masked,
            phone=self.phone,
        )

    async def _export(self, query: PatientQuery, listing: Listing) -> None:
        every = Listing(sort=listing.sort, descending=listing.descending, size=EVERYTHING.size)
        found = await self.patients.export(query, every, self.author)
        names = [field.name for field in forms.FIELDS]
        await self.send_csv(
            "patients",
            [*HEADER, "Telephone"],
            (
                [
                    *(getattr(patient, name) for name in names),
                    " ".join(self.phone(phone.number) for phone in patient.phones),
                ]
                for patient in found.rows
            ),
        )


class PatientForm(PatientPage):
    """Looking at a record is opening its form; without the right to edit it cannot be sent."""

    access = VIEW
    change_access: ClassVar[Access | None] = EDIT

    async def get(self, patient_id: str | None = None) -> None:
        patient = await self.patients.view(int(patient_id), self.author) if patient_id else None
        await self._show(patient)

    async def post(self, patient_id: str | None = None) -> None:
        values = self.values()
        try:
            draft = forms.read(values)
            if patient_id:
                await self.patients.change(int(patient_id), self._version(), draft, self.author)
                self.done("saved", f"/patients/{patient_id}")
            else:
                created = await self.patients.create(draft, self.author)
                self.done("created", f"/patients/{created.id}")
        except UserError as error:
            if error.status == 404:
                raise
            patient = await self.patients.view(int(patient_id), self.author) if patient_id else None
            await self._show(patient, values, error)

    def _version(self) -> int:
        value = self.get_body_argument("version", "0")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0

    async def _show(
        self,
        patient: Patient | None,
        given: dict[str, list[str]] | None = None,
        error: UserError | None = None,
    ) -> None:
        self.set_status(error.status if error else 200)

        def shown(field: Field) -> str:
            if given is not None:
                return given.get(field.name, [""])[-1]
            if patient is None:
                return self.word("phone", 32) if field.name == "phones" else ""
            return field.show(getattr(patient, field.name))

        await self.render(
            "patient.html",
            title=patient.name if patient else self.locale.translate("New patient"),
            patient=patient,
            version=self._version() if given is not None else patient.version if patient else 0,
            fields=forms.FIELDS,
            shown=shown,
            phones=self._phones(patient, given),
            relations=forms.RELATIONS,
            problems=self.form_problems(error) if error else {},
            stale=isinstance(error, StaleError),
            editable=self.may(Permission.PATIENTS_EDIT),
        )

    def _phones(self, patient: Patient | None, given: dict[str, list[str]] | None) -> list[PatientPhone]:
        """Those there are and a few blank lines."""
        blank = [PatientPhone("", "self")] * BLANK_PHONES
        if given is not None:
            pairs = zip(given.get("phone_number", ()), given.get("phone_relation", ()), strict=False)
            return [PatientPhone(number, relation) for number, relation in pairs] or blank
        if patient is None:
            return [PatientPhone(self.word("phone", 32), "self"), *blank[1:]]
        return [*patient.phones, *blank]


class PatientDelete(PatientPage):
    access = EDIT

    async def get(self, patient_id: str) -> None:
        patient = await self.patients.view(int(patient_id), self.author)
        await self._ask(patient)

    async def post(self, patient_id: str) -> None:
        version = self.get_body_argument("version", "0")
        try:
            await self.patients.delete(int(patient_id), int(version) if version.isdigit() else 0, self.author)
        except StaleError as error:
            self.set_status(error.status)
            await self._ask(await self.patients.view(int(patient_id), self.author), error)
            return
        self.done("deleted", "/patients")

    async def _ask(self, patient: Patient, refusal: UserError | None = None) -> None:
        calls = await self.patients.count_calls(patient.id)
        text = self.locale.translate("%(count)s calls stay on record, but no longer belong to a patient.")
        await self.render(
            "delete.html",
            title=self.locale.translate("Delete"),
            back=f"/patients/{patient.id}",
            name=patient.name,
            consequence=text % {"count": calls} if calls else "",
            version=patient.version,
            refusal=refusal,
        )


class PatientPanel(PatientPage):
    """A fragment for the agent desktop: who it is and what was before."""

    access = VIEW

    async def get(self, patient_id: str) -> None:
        patient = await self.patients.view(int(patient_id), self.author)
        now = clock.now_ms()
        history = CallQuery(
            since=now - round(HISTORY.total_seconds() * 1000),
            until=now + 60_000,
            patient_id=patient.id,
        )
        await self.render(
            "patient_panel.html",
            patient=patient,
            history=await self.calls.find(history, Listing(size=HISTORY_ROWS)),
            orders=await self._orders(patient.id),
            types=TYPE_WORDS,
            now=now,
            sexes=SEXES,
            relations=RELATIONS,
            directions=DIRECTIONS,
            ending=ending,
            business_types=TYPE_WORDS,
            results_words=RESULTS,
            masked=show.masked,
        )

    async def _orders(self, patient_id: int) -> Results[Order]:
        """Unfinished ones."""
        query = OrderQuery(status="unfinished", patient_id=patient_id)
        return await self.orders.find(query, Party(self.person.user_id), Listing(size=OPEN_ORDERS))


class PatientSearch(PatientPage):
    """Suggestions for the agent desktop."""

    access = VIEW
    json_only = True

    async def get(self) -> None:
        query = self.query()
        if not query.text:
            self.send_json([])
            return
        size = min(max(self.whole("limit") or SUGGESTIONS, 1), SUGGESTIONS)
        found = await self.patients.find(query, Listing(size=size))
        self.send_json([self.brief(patient) for patient in found.rows])

    def brief(self, patient: Patient) -> dict[str, object]:
        phones = [{"number": self.phone(one.number), "relation": one.relation} for one in patient.phones]
        return brief(patient) | {"phones": phones}


class QuickPatient(PatientPage):
    """Registration of an unknown caller from the agent desktop."""

    access = EDIT
    json_only = True

    async def post(self) -> None:
        values = self._values()
        draft: PatientDraft = forms.read_quick(values)
        patient = await self.patients.create(draft, self.author)
        self.set_status(201)
        self.send_json(brief(patient))

    def _values(self) -> dict[str, list[str]]:
        """A form or a JSON object of texts. Raises InvalidError."""
        if self.request.headers.get("Content-Type", "").startswith("application/json"):
            return json_values(self.request.body)
        return self.values()


def json_values(body: bytes) -> dict[str, list[str]]:
    """Raises InvalidError."""
    try:
        document = msgspec.json.decode(body, type=dict[str, str | None])
    except msgspec.MsgspecError as error:
        raise InvalidError(str(error)) from error
    return {name: [value] for name, value in document.items() if value is not None}


def brief(patient: Patient) -> dict[str, object]:
    """What the desktop shows of a patient at once."""
    return {
        "id": patient.id,
        "name": patient.name,
        "sex": patient.sex,
        "birth_date": patient.birth_date,
        "vip": patient.vip,
        "department": patient.department,
        "relation": patient.relation,
        "card_number": patient.card_number,
    }


def routes(patients: PatientService, calls: CallSearchService, orders: WorkOrderService) -> list[Any]:
    given = {"services": PatientServices(patients, calls, orders)}
    return [
        (r"/patients", PatientList, given),
        (r"/patients/new", PatientForm, given),
        (r"/patients/search\.json", PatientSearch, given),
        (r"/patients/quick\.json", QuickPatient, given),
        (r"/patients/([0-9]{1,18})", PatientForm, given),
        (r"/patients/([0-9]{1,18})/delete", PatientDelete, given),
        (r"/patients/([0-9]{1,18})/panel", PatientPanel, given),
    ]
