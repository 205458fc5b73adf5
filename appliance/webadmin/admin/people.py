"""Pages of users and agents."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from appliance.callcenter.extensions.service import ExtensionService
from appliance.callcenter.forms import Values, phrase
from appliance.callcenter.listing import EVERYTHING
from appliance.callcenter.people import forms
from appliance.callcenter.people.agent_service import AgentService
from appliance.callcenter.people.model import Agent, AgentDraft, User, UserDraft
from appliance.callcenter.people.user_service import UserService, is_locked
from appliance.callcenter.queues.service import QueueService
from appliance.callcenter.skills.service import SkillService
from appliance.webadmin.admin.navigation import ROLES
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, Option, Resource, record_routes
from appliance.webadmin.permissions import Access, Permission, needs

MANAGE = needs(Permission.PEOPLE_MANAGE)


class Users(Resource[User, UserDraft]):
    path = "/users"
    title = phrase("Users")
    new = phrase("New user")
    icon = "users"
    empty = phrase("Nobody here matches. A new user can sign in as soon as they are created.")
    about = phrase("People who sign in here. Those who take calls also need an agent number, see Agents.")
    rows = "users.html"
    fields = forms.USER_FIELDS
    columns = (
        Column(phrase("User name"), "login"),
        Column(phrase("Name"), "name"),
        Column(phrase("Role"), "role"),
        Column(phrase("State")),
        Column(phrase("Created on"), narrow=True),
    )
    export = ("login", "name", "role", "language", "active")

    def read(self, values: Values) -> UserDraft:
        return forms.read_user(values)

    async def starting_values(self) -> Mapping[str, Any]:
        return {"role": "agent", "active": "1", "language": "zh_CN"}

    async def context(self) -> Mapping[str, Any]:
        return {"roles": ROLES, "is_locked": is_locked}


class Agents(Resource[Agent, AgentDraft]):
    path = "/agents"
    title = phrase("Agents")
    new = phrase("New agent")
    icon = "id-badge"
    empty = phrase("No agent yet. First create a user, then give them an agent number here.")
    about = phrase("Users who take calls, with their agent number, telephone and queues.")
    rows = "agents.html"
    fields = forms.AGENT_FIELDS
    columns = (
        Column(phrase("Agent number"), "number"),
        Column(phrase("Name"), "name"),
        Column(phrase("Telephone")),
        Column(phrase("Queues")),
        Column(phrase("State"), narrow=True),
    )
    export = ("number", "name", "login", "phone", "extension", "active")

    def __init__(
        self,
        service: AgentService,
        users: UserService,
        extensions: ExtensionService,
        queues: QueueService,
        skills: SkillService,
    ) -> None:
        super().__init__(service)
        self._users = users
        self._extensions = extensions
        self._queues = queues
        self._skills = skills

    def read(self, values: Values) -> AgentDraft:
        return forms.read_agent(values)

    async def options(self, record: Agent | None) -> Mapping[str, Sequence[Option]]:
        users = await self._users.candidates_for_agent(record.user_id if record else None)
        extensions = await self._extensions.find(EVERYTHING)
        queues = await self._queues.find(EVERYTHING)
        own = record.name if record else None
        return {
            "user_id": [Option(str(key), f"{name} ({login})") for key, login, name in users],
            "extension_id": [
                Option(str(one.id), f"{one.number} {one.name}") for one in extensions.rows if one.agent in {"", own}
            ],
            "skills-skill": [Option(str(one.id), one.name) for one in (await self._skills.find(EVERYTHING)).rows],
            "queue_ids": [Option(str(queue.id), f"{queue.name} {queue.number}") for queue in queues.rows],
        }

    async def starting_values(self) -> Mapping[str, Any]:
        return {"phone": "web", "active": "1"}

    async def context(self) -> Mapping[str, Any]:
        queues = await self._queues.find(EVERYTHING)
        skills = await self._skills.find(EVERYTHING)
        return {
            "queue_names": {queue.id: queue.name for queue in queues.rows},
            "skill_names": {skill.id: skill.name for skill in skills.rows},
        }

    def name_of(self, record: Agent, _say: Callable[[str], str]) -> str:
        return f"{record.number} {record.name}"


class UserUnlock(Page):
    access: ClassVar[Access] = MANAGE

    def initialize(self, users: UserService) -> None:
        self._users = users

    async def post(self, user_id: str) -> None:
        await self._users.unlock(int(user_id), self.author)
        self.done("unlocked", "/users")


def routes(
    users: UserService, agents: AgentService, extensions: ExtensionService, queues: QueueService, skills: SkillService
) -> list[Any]:
    return [
        *record_routes(Users(users), MANAGE),
        (r"/users/([0-9]{1,18})/unlock", UserUnlock, {"users": users}),
        *record_routes(Agents(agents, users, extensions, queues, skills), MANAGE),
    ]
