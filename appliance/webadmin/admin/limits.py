"""Limits of outside calls, and the conditions that the alarm raises."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.callcenter.call_limits import forms
from appliance.callcenter.call_limits.model import ROLES, LimitDraft, LimitEntry
from appliance.callcenter.call_limits.service import ConditionService, LimitService
from appliance.callcenter.extensions.service import ExtensionService
from appliance.callcenter.forms import Values, phrase
from appliance.callcenter.listing import EVERYTHING
from appliance.callcenter.trunks.service import TrunkService
from appliance.errors import UserError
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, Option, Resource, record_routes
from appliance.webadmin.permissions import Permission, needs

MANAGE = needs(Permission.LIMITS_MANAGE)
SCOPES = {"role": phrase("Role"), "extension": phrase("Extension"), "trunk": phrase("Trunk")}
SUBJECTS = {"agent": phrase("Agents"), "manager": phrase("Managers"), "phone": phrase("Desk phones of nobody")}


class Limits(Resource[LimitEntry, LimitDraft]):
    path = "/limits"
    title = phrase("Outside-call limits")
    new = phrase("New limit")
    icon = "phone-outgoing"
    empty = phrase("No limits yet: everybody may call all numbers in the country, nobody may call abroad.")
    about = phrase(
        "Who may call which numbers outside, when and how much. An extension's own limit comes before its role's."
    )
    rows = "limits.html"
    fields = forms.FIELDS
    columns = (
        Column(phrase("For whom"), "target"),
        Column(phrase("May call")),
        Column(phrase("At once")),
        Column(phrase("Per hour")),
        Column(phrase("Per day")),
        Column(phrase("Minutes per day"), narrow=True),
    )

    def __init__(self, service: LimitService, extensions: ExtensionService, trunks: TrunkService) -> None:
        super().__init__(service)
        self._extensions = extensions
        self._trunks = trunks

    def read(self, values: Values) -> LimitDraft:
        return forms.read(values)

    async def options(self, record: LimitEntry | None) -> Mapping[str, Sequence[Option]]:  # noqa: ARG002
        extensions = (await self._extensions.find(EVERYTHING)).rows
        trunks = (await self._trunks.find(EVERYTHING)).rows
        return {
            "target": [
                *(Option(f"role:{one}", SUBJECTS[one], SCOPES["role"], worded=True) for one in ROLES),
                *(
                    Option(f"extension:{one.number}", f"{one.number} {one.name}", SCOPES["extension"])
                    for one in extensions
                ),
                *(Option(f"trunk:{one.name}", one.name, SCOPES["trunk"]) for one in trunks),
            ]
        }

    async def starting_values(self) -> Mapping[str, Any]:
        usual = dict.fromkeys(("local", "service", "mobile", "long_distance"), "1")
        return {**await super().starting_values(), **usual}

    def name_of(self, record: LimitEntry, say: Callable[[str], str]) -> str:
        role = record.target.startswith("role:")
        return say(SUBJECTS[record.name]) if role and record.name in SUBJECTS else record.name

    async def context(self) -> Mapping[str, Any]:
        return {"classes": forms.CLASSES, "scopes": SCOPES, "subjects": SUBJECTS}


class PolicyPage(Page):
    access = MANAGE

    def initialize(self, limits: LimitService) -> None:
        self._limits = limits

    async def get(self) -> None:
        await self._show(None, {})

    async def post(self) -> None:
        try:
            await self._limits.save_policy(forms.read_policy(self.values()), self.author)
        except UserError as error:
            self.set_status(error.status)
            await self._show(self.values(), self.form_problems(error))
            return
        self.done("saved", "/limits")

    async def _show(self, given: dict[str, list[str]] | None, problems: dict[str, str]) -> None:
        stored = await self._limits.policy()
        await self.render(
            "limit_policy.html",
            title=self.locale.translate("Rules for outside calls"),
            fields=forms.POLICY_FIELDS,
            shown=lambda field: (
                given.get(field.name, [""])[-1] if given is not None else field.show(getattr(stored, field.name))
            ),
            problems=problems,
        )


class ConditionList(Page):
    access = needs(Permission.CONDITIONS_VIEW)

    def initialize(self, conditions: ConditionService) -> None:
        self._conditions = conditions

    async def get(self) -> None:
        await self.render(
            "conditions.html",
            title=self.locale.translate("Alarms"),
            present=await self._conditions.present(),
            past=await self._conditions.past(),
        )


class ConditionClear(Page):
    access = needs(Permission.CONDITIONS_VIEW)

    def initialize(self, conditions: ConditionService) -> None:
        self._conditions = conditions

    async def get(self, condition_id: str) -> None:  # noqa: ARG002 - only the button leads here
        self.redirect("/conditions", status=303)

    async def post(self, condition_id: str) -> None:
        await self._conditions.clear(condition_id, self.author)
        self.done("released", "/conditions")


def routes(resource: Limits, limits: LimitService, conditions: ConditionService) -> list[Any]:
    return [
        (r"/limits/rules", PolicyPage, {"limits": limits}),
        *record_routes(resource, MANAGE),
        (r"/conditions", ConditionList, {"conditions": conditions}),
        (r"/conditions/([0-9a-z]{16})/clear", ConditionClear, {"conditions": conditions}),
    ]
