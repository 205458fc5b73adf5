"""Pages of what managers set up for the desk: pause reasons and phrase cards."""

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.callcenter.forms import Values, phrase
from appliance.callcenter.listing import EVERYTHING
from appliance.callcenter.queues.service import QueueService
from appliance.callcenter.reasons import forms as reason_forms
from appliance.callcenter.reasons.model import PauseReason, PauseReasonDraft
from appliance.callcenter.reasons.service import PauseReasonService
from appliance.callcenter.scripts import forms as script_forms
from appliance.callcenter.scripts import rules as script_rules
from appliance.callcenter.scripts.model import Script, ScriptDraft
from appliance.callcenter.scripts.service import ScriptService
from appliance.callcenter.work_orders.forms import TYPE_WORDS
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, Option, Resource, record_routes
from appliance.webadmin.permissions import Permission, needs

REASONS = needs(Permission.REASONS_MANAGE)
SCRIPTS = needs(Permission.SCRIPTS_MANAGE)


class PauseReasons(Resource[PauseReason, PauseReasonDraft]):
    path = "/pause-reasons"
    title = phrase("Pause reasons")
    new = phrase("New pause reason")
    icon = "clock-pause"
    empty = phrase("No pause reason yet. Agents who are busy choose one of them.")
    about = phrase("What agents may be busy with, whether it counts as work, and how long it may take.")
    rows = "pause_reasons.html"
    fields = reason_forms.FIELDS
    columns = (
        Column(phrase("Place in the menu"), "position"),
        Column(phrase("Name"), "name"),
        Column(phrase("Counts as")),
        Column(phrase("At a stretch")),
        Column(phrase("In a day")),
        Column(phrase("State"), narrow=True),
    )
    export = ("position", "code", "name_zh", "name_en", "kind", "limit_minutes", "day_limit_minutes", "active")

    def read(self, values: Values) -> PauseReasonDraft:
        return reason_forms.read(values)

    async def starting_values(self) -> Mapping[str, Any]:
        return {**await super().starting_values(), "active": "1", "kind": "break", "tone": "red"}

    async def context(self) -> Mapping[str, Any]:
        return {"kinds": dict(reason_forms.KIND_WORDS)}


class Scripts(Resource[Script, ScriptDraft]):
    path = "/scripts"
    title = phrase("Phrase cards")
    new = phrase("New phrase card")
    icon = "message-2"
    empty = phrase("No phrase card yet. Agents see them beside the call, with the names filled in.")
    about = phrase("What to say, by business type and queue; shown beside the call.")
    rows = "scripts.html"
    fields = script_forms.FIELDS
    columns = (
        Column(phrase("Place in the list"), "position"),
        Column(phrase("Title"), "title"),
        Column(phrase("Business type")),
        Column(phrase("Queue")),
        Column(phrase("What to say")),
        Column(phrase("State"), narrow=True),
    )
    export = ("position", "title", "business_type", "text", "active")

    def __init__(self, service: ScriptService, queues: QueueService) -> None:
        super().__init__(service)
        self._queues = queues

    def read(self, values: Values) -> ScriptDraft:
        return script_forms.read(values)

    async def options(self, record: Script | None) -> Mapping[str, Sequence[Option]]:  # noqa: ARG002
        queues = await self._queues.find(EVERYTHING)
        return {"queue_id": [Option(str(one.id), f"{one.number} {one.name}") for one in queues.rows]}

    async def starting_values(self) -> Mapping[str, Any]:
        return {**await super().starting_values(), "active": "1"}

    async def context(self) -> Mapping[str, Any]:
        queues = await self._queues.find(EVERYTHING)
        return {"types": TYPE_WORDS, "queue_names": {queue.id: queue.name for queue in queues.rows}}


class ScriptPreview(Page):
    """How a card reads during a call, with an example filled in."""

    access = SCRIPTS

    async def post(self) -> None:
        text = self.get_body_argument("text", "")[:4000]
        example = {
            "patient": self.locale.translate("Zhang San"),
            "agent": self.person.name,
            "number": "1001",
            "hospital": self.hospital.hospital_name,
            "queue": self.locale.translate("Enquiry"),
        }
        await self.render(
            "script_preview.html", text=script_rules.filled(text, example), wrong=script_rules.unknown(text)
        )


def routes(reasons: PauseReasonService, scripts: ScriptService, queues: QueueService) -> list[Any]:
    return [
        *record_routes(PauseReasons(reasons), REASONS),
        (r"/scripts/preview", ScriptPreview),
        *record_routes(Scripts(scripts, queues), SCRIPTS),
    ]
