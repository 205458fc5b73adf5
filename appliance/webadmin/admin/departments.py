"""Pages of departments."""

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.callcenter.departments import forms
from appliance.callcenter.departments.model import Department, DepartmentDraft
from appliance.callcenter.departments.service import DepartmentService
from appliance.callcenter.forms import Values, phrase
from appliance.callcenter.listing import EVERYTHING
from appliance.callcenter.people.user_service import UserService
from appliance.webadmin.admin.records import Column, Option, Resource, record_routes
from appliance.webadmin.permissions import Permission, needs

DEPARTMENTS = needs(Permission.DEPARTMENTS_MANAGE)


class Departments(Resource[Department, DepartmentDraft]):
    path = "/departments"
    title = phrase("Departments")
    new = phrase("New department")
    icon = "hierarchy"
    empty = phrase("No department yet. Work orders go to departments; each has people who deal with them.")
    about = phrase("Who deals with work orders. Their people need a user with the role Department staff.")
    rows = "departments.html"
    fields = forms.FIELDS
    columns = (
        Column(phrase("Department name"), "name"),
        Column(phrase("Telephone")),
        Column(phrase("People")),
        Column(phrase("Usual time")),
        Column(phrase("State"), narrow=True),
    )
    export = ("name", "telephone", "due_hours", "active")

    def __init__(self, service: DepartmentService, users: UserService) -> None:
        super().__init__(service)
        self._users = users

    def read(self, values: Values) -> DepartmentDraft:
        return forms.read(values)

    async def options(self, record: Department | None) -> Mapping[str, Sequence[Option]]:
        users = await self._users.find(EVERYTHING)
        known = record.user_ids if record else ()
        shown = [one for one in users.rows if one.active or one.id in known]
        return {"user_ids": [Option(str(one.id), f"{one.name} ({one.login})") for one in shown]}

    async def starting_values(self) -> Mapping[str, Any]:
        return {**await super().starting_values(), "active": "1"}

    async def context(self) -> Mapping[str, Any]:
        users = await self._users.find(EVERYTHING)
        return {"user_names": {user.id: user.name for user in users.rows}}


def routes(service: DepartmentService, users: UserService) -> list[Any]:
    return record_routes(Departments(service, users), DEPARTMENTS)
