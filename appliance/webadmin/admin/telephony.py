"""Pages of extensions, queues, trunks and outside numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from appliance.callcenter.extensions import forms as extension_forms
from appliance.callcenter.extensions.model import Extension, ExtensionDraft
from appliance.callcenter.extensions.service import REALM, ExtensionService
from appliance.callcenter.forms import Values, phrase
from appliance.callcenter.ivr.flow_service import FlowService
from appliance.callcenter.listing import EVERYTHING
from appliance.callcenter.people.agent_service import AgentService
from appliance.callcenter.prompts.service import PromptService
from appliance.callcenter.queues import forms as queue_forms
from appliance.callcenter.queues.model import Queue, QueueDraft
from appliance.callcenter.queues.service import QueueService
from appliance.callcenter.rooms.service import RoomService
from appliance.callcenter.settings.service import SettingsService
from appliance.callcenter.skills.service import SkillService
from appliance.callcenter.trunks import forms as trunk_forms
from appliance.callcenter.trunks.model import Did, DidDraft, Trunk, TrunkDraft
from appliance.callcenter.trunks.service import DidService, TrunkService, target_choices
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, Option, RecordForm, Resource, record_routes
from appliance.webadmin.permissions import Access, Permission, needs

EXTENSIONS = needs(Permission.EXTENSIONS_MANAGE)
QUEUES = needs(Permission.QUEUES_MANAGE)
TRUNKS = needs(Permission.TRUNKS_MANAGE)


class Extensions(Resource[Extension, ExtensionDraft]):
    path = "/extensions"
    title = phrase("Extensions")
    new = phrase("New extension")
    icon = "device-landline-phone"
    empty = phrase("No extension yet. Each desk phone needs one; its password is shown once when it is created.")
    about = phrase("Numbers and SIP accounts of desk phones.")
    rows = "extensions.html"
    fields = extension_forms.FIELDS
    columns = (
        Column(phrase("Number"), "number"),
        Column(phrase("Extension name"), "name"),
        Column(phrase("Agent")),
        Column(phrase("Outside calls")),
        Column(phrase("Emergency group"), narrow=True),
    )
    export = ("number", "name", "agent", "outside_calls", "emergency")

    def read(self, values: Values) -> ExtensionDraft:
        return extension_forms.read(values)

    def name_of(self, record: Extension, _say: Callable[[str], str]) -> str:
        return f"{record.number} {record.name}".strip()


@dataclass(frozen=True)
class StepTargets:
    """What steps of queues may lead to."""

    prompts: PromptService
    queues: QueueService
    flows: FlowService

    async def options(self, but_queue: int | None) -> list[Option]:
        prompts = (await self.prompts.find(EVERYTHING)).rows
        queues = (await self.queues.find(EVERYTHING)).rows
        flows = await self.flows.summaries()
        return [
            *(Option(f"prompt:{one.id}", one.name, phrase("Prompts")) for one in prompts),
            *(
                Option(f"queue:{one.id}", f"{one.number} {one.name}", phrase("Queues"))
                for one in queues
                if one.id != but_queue
            ),
            *(Option(f"flow:{one.id}", one.name, phrase("Flows")) for one in flows),
        ]


class Queues(Resource[Queue, QueueDraft]):
    path = "/queues"
    title = phrase("Queues")
    new = phrase("New queue")
    icon = "users-group"
    empty = phrase("No queue yet. Callers wait in a queue until one of its agents is free.")
    about = phrase("Where callers wait, and the agents who serve them.")
    rows = "queues.html"
    fields = queue_forms.FIELDS
    columns = (
        Column(phrase("Number"), "number"),
        Column(phrase("Queue name"), "name"),
        Column(phrase("Agents")),
        Column(phrase("Who is rung")),
        Column(phrase("Ring")),
        Column(phrase("Wrap-up")),
        Column(phrase("Service level"), narrow=True),
    )
    export = ("number", "name", "strategy", "ring_seconds", "wrap_up_seconds", "service_level_seconds")

    def __init__(
        self,
        service: QueueService,
        agents: AgentService,
        skills: SkillService,
        steps: StepTargets,
        settings: SettingsService,
    ) -> None:
        super().__init__(service)
        self._agents = agents
        self._skills = skills
        self._steps = steps
        self._settings = settings

    def read(self, values: Values) -> QueueDraft:
        return queue_forms.read(values)

    async def options(self, record: Queue | None) -> Mapping[str, Sequence[Option]]:
        agents = await self._agents.find(EVERYTHING)
        skills = await self._skills.find(EVERYTHING)
        known = record.agent_ids if record else ()
        return {
            "agent_ids": [
                Option(str(one.id), f"{one.number} {one.name}") for one in agents.rows if one.active or one.id in known
            ],
            "needs-skill": [Option(str(one.id), one.name) for one in skills.rows],
            "steps-target": await self._steps.options(but_queue=record.id if record else None),
        }

    async def starting_values(self) -> Mapping[str, Any]:
        settings = await self._settings.load()
        usual = {**await super().starting_values(), **queue_forms.STARTING_VALUES}
        return {**usual, "wrap_up_seconds": settings.wrap_up_seconds}

    async def context(self) -> Mapping[str, Any]:
        agents = await self._agents.find(EVERYTHING)
        return {
            "agent_names": {agent.id: agent.name for agent in agents.rows},
            "strategies": dict(queue_forms.STRATEGIES),
        }


class Trunks(Resource[Trunk, TrunkDraft]):
    path = "/trunks"
    title = phrase("Trunks")
    new = phrase("New trunk")
    icon = "route"
    empty = phrase("No trunk yet. A trunk is the line to the carrier or to the hospital's old exchange.")
    about = phrase("Lines to carriers and other exchanges. Outgoing calls try them in order.")
    rows = "trunks.html"
    fields = trunk_forms.TRUNK_FIELDS
    columns = (
        Column(phrase("Order"), "order"),
        Column(phrase("Trunk name"), "name"),
        Column(phrase("Other side"), "host"),
        Column(phrase("Kind")),
        Column(phrase("Shown number")),
        Column(phrase("Calls at once")),
        Column(phrase("State"), narrow=True),
    )
    export = ("order", "name", "kind", "host", "port", "transport", "caller_number", "max_calls", "active")

    def read(self, values: Values) -> TrunkDraft:
        return trunk_forms.read_trunk(values)

    async def starting_values(self) -> Mapping[str, Any]:
        return {**await super().starting_values(), "active": "1"}


class Dids(Resource[Did, DidDraft]):
    path = "/dids"
    title = phrase("Outside numbers")
    new = phrase("New outside number")
    icon = "phone-incoming"
    empty = phrase("No outside number yet. Enter the numbers patients dial and what answers each of them.")
    about = phrase("Numbers patients dial, and what answers: a flow, a queue or an extension.")
    rows = "dids.html"
    fields = trunk_forms.DID_FIELDS
    columns = (
        Column(phrase("Outside number"), "number"),
        Column(phrase("Line name"), "name"),
        Column(phrase("Comes in on")),
        Column(phrase("Answered by")),
        Column(phrase("State"), narrow=True),
    )
    export = ("number", "name", "trunk", "target", "active")

    def __init__(
        self,
        service: DidService,
        trunks: TrunkService,
        flows: FlowService,
        queues: QueueService,
        extensions: ExtensionService,
        rooms: RoomService,
    ) -> None:
        super().__init__(service)
        self._rooms = rooms
        self._trunks = trunks
        self._flows = flows
        self._queues = queues
        self._extensions = extensions

    def read(self, values: Values) -> DidDraft:
        return trunk_forms.read_did(values)

    async def _targets(self) -> list[tuple[str, str, str]]:
        return target_choices(
            await self._flows.summaries(),
            (await self._queues.find(EVERYTHING)).rows,
            (await self._extensions.find(EVERYTHING)).rows,
            (await self._rooms.find(EVERYTHING)).rows,
        )

    async def options(self, record: Did | None) -> Mapping[str, Sequence[Option]]:  # noqa: ARG002
        trunks = await self._trunks.find(EVERYTHING)
        words = {
            "flow": phrase("Flows"),
            "queue": phrase("Queues"),
            "room": phrase("Conference rooms"),
            "extension": phrase("Extensions"),
        }
        return {
            "trunk_id": [Option(str(trunk.id), trunk.name) for trunk in trunks.rows],
            "target": [Option(value, text, words[kind]) for value, kind, text in await self._targets()],
        }

    async def starting_values(self) -> Mapping[str, Any]:
        return {"active": "1"}

    async def context(self) -> Mapping[str, Any]:
        kinds = {
            "flow": phrase("Flow"),
            "queue": phrase("Queue"),
            "room": phrase("Conference room"),
            "extension": phrase("Extension"),
        }
        return {"targets": {value: (kinds[kind], text) for value, kind, text in await self._targets()}}

    def name_of(self, record: Did, _say: Callable[[str], str]) -> str:
        return f"{record.number} {record.name}".strip()


class ExtensionForm(RecordForm):
    """A new extension gets its secret at once."""

    async def created(self, record_id: int) -> None:
        service = self.resource.service
        assert isinstance(service, ExtensionService)
        await show_new_secret(self, service, record_id)


class ExtensionSecret(Page):
    """Makes a new secret and shows it, once. Reading the page again shows nothing."""

    access: ClassVar[Access] = EXTENSIONS

    def initialize(self, extensions: ExtensionService) -> None:
        self._extensions = extensions

    async def post(self, extension_id: str) -> None:
        await show_new_secret(self, self._extensions, int(extension_id))


async def show_new_secret(page: Page, extensions: ExtensionService, extension_id: int) -> None:
    extension = await extensions.get(extension_id)
    secret = await extensions.reset_secret(extension_id, page.author)
    await page.render(
        "extension_secret.html",
        title=page.locale.translate("Password of the telephone"),
        extension=extension,
        secret=secret,
        realm=REALM,
        server=page.request.host_name,
    )


def routes(
    extensions: Extensions, queues: Queues, trunks: Trunks, dids: Dids, extension_service: ExtensionService
) -> list[Any]:
    return [
        *record_routes(extensions, EXTENSIONS, form=ExtensionForm),
        (r"/extensions/([0-9]{1,18})/secret", ExtensionSecret, {"extensions": extension_service}),
        *record_routes(queues, QUEUES),
        *record_routes(trunks, TRUNKS),
        *record_routes(dids, TRUNKS),
    ]
