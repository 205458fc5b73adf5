"""The admin program's web side: services wired to pages, and the parts that the program runs."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import StaticFileHandler

from appliance.callcenter.blacklist.service import BlacklistService
from appliance.callcenter.call_limits.service import ConditionService, LimitService
from appliance.callcenter.callbacks.service import CallbackService
from appliance.callcenter.calls.again import AgainService
from appliance.callcenter.calls.search_service import CallSearchService
from appliance.callcenter.departments.service import DepartmentService
from appliance.callcenter.extensions.service import ExtensionService
from appliance.callcenter.integrations.key_service import KeyService
from appliance.callcenter.integrations.webhook_service import WebhookService
from appliance.callcenter.ivr.flow_service import FlowService
from appliance.callcenter.pair.history_service import PairHistory
from appliance.callcenter.pair.service import PairService
from appliance.callcenter.patients.service import PatientService
from appliance.callcenter.people.agent_service import AgentService
from appliance.callcenter.people.audit_service import AuditService
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.pins import Pins
from appliance.callcenter.people.setup_service import SetupCode, SetupService
from appliance.callcenter.people.sign_in_service import SignInService
from appliance.callcenter.people.user_service import UserService
from appliance.callcenter.prompts.rendering import PromptRenderer
from appliance.callcenter.prompts.service import PromptFiles, PromptService
from appliance.callcenter.queues.service import QueueService
from appliance.callcenter.reasons.service import PauseReasonService
from appliance.callcenter.records import RecordService
from appliance.callcenter.rooms.service import RoomService
from appliance.callcenter.scripts.service import ScriptService
from appliance.callcenter.settings.service import SettingsService
from appliance.callcenter.skills.service import SkillService
from appliance.callcenter.supervision.service import WallboardService
from appliance.callcenter.trunks.service import DidService, TrunkService
from appliance.callcenter.work_orders.service import WorkOrderService
from appliance.config import Config
from appliance.db import Sessions
from appliance.webadmin.admin import (
    assets,
    blacklist,
    callbacks,
    calls,
    cluster,
    cluster_actions,
    cluster_history,
    departments,
    desk_lists,
    desk_records,
    flows,
    home,
    integrations,
    limits,
    orders,
    patients,
    people,
    prompts,
    rooms,
    sign_in,
    skills,
    system,
    telephony,
    wallboards,
)
from appliance.webadmin.admin.page import AdminApplication
from appliance.webadmin.sessions import Gate

TEMPLATES = Path(__file__).parents[1] / "templates"
BODY_BYTES = 1024 * 1024
"""Of every request but uploads, which say themselves what they take."""
BODY_SECONDS = 120.0
IDLE_SECONDS = 300.0
HEADER_BYTES = 32 * 1024
HTTP_PORT = 80


class Services:
    """Every service of the admin program, made once; pages get only those they name."""

    def __init__(self, config: Config, sessions: Sessions) -> None:
        self.passwords = Passwords()
        self.sign_in = SignInService(sessions, self.passwords)
        self.users = UserService(sessions, self.passwords)
        self.settings = SettingsService(sessions)
        code = SetupCode(config.paths.state)
        self.setup = SetupService(code, self.sign_in, self.users, self.settings)
        self.audit = AuditService(sessions)
        self.agents = AgentService(sessions, Pins(sessions, self.passwords))
        self.extensions = ExtensionService(sessions)
        self.queues, self.callbacks = QueueService(sessions), CallbackService(sessions)
        self.skills, self.rooms = SkillService(sessions), RoomService(sessions)
        self.trunks = TrunkService(sessions)
        self.dids = DidService(sessions)
        self.flows = FlowService(sessions)
        self.pair, self.pair_history = PairService(sessions), PairHistory(sessions)
        self.limits, self.conditions = LimitService(sessions), ConditionService(sessions)
        self.blacklist = BlacklistService(sessions)
        self.api_keys = KeyService(sessions)
        self.webhooks = WebhookService(sessions)
        self.patients = PatientService(sessions)
        self.departments = DepartmentService(sessions)
        self.orders = WorkOrderService(sessions)
        self.reasons = PauseReasonService(sessions)
        self.scripts = ScriptService(sessions)
        self.again = AgainService(sessions)
        self.wallboards = WallboardService(sessions)
        self.calls = CallSearchService(sessions, config.paths.recordings)
        self.prompts = PromptService(sessions, PromptFiles(config.paths.prompts))
        previews = Path(config.paths.state) / "previews"
        self.renderer = PromptRenderer(sessions, self.prompts, config.paths.speech, previews)


def application(config: Config, services: Services) -> AdminApplication:
    """All pages. Static files are nginx's; here they serve a developer without nginx, and the tests."""
    some = services
    counted: dict[str, RecordService[Any, Any]] = {
        "/users": some.users,
        "/agents": some.agents,
        "/extensions": some.extensions,
        "/queues": some.queues,
        "/trunks": some.trunks,
        "/dids": some.dids,
        "/prompts": some.prompts,
    }
    pbx = urlsplit(config.pbx.ari_url).port or HTTP_PORT
    step_targets = telephony.StepTargets(some.prompts, some.queues, some.flows)
    routes = [
        *home.routes(some.calls, counted, some.conditions, config.desk, pbx),
        *sign_in.routes(some.setup, some.sign_in, some.users),
        *calls.routes(some.calls, some.agents, some.queues),
        *callbacks.routes(some.callbacks, some.queues),
        *patients.routes(some.patients, some.calls, some.orders),
        *departments.routes(some.departments, some.users),
        *orders.routes(some.orders, some.departments, some.patients),
        *desk_records.routes(some.reasons, some.scripts, some.queues),
        *desk_lists.routes(
            desk_lists.DeskServices(some.calls, some.again, some.orders, some.scripts, some.departments)
        ),
        *people.routes(some.users, some.agents, some.extensions, some.queues, some.skills),
        *skills.routes(some.skills),
        *telephony.routes(
            telephony.Extensions(some.extensions),
            telephony.Queues(some.queues, some.agents, some.skills, step_targets, some.settings),
            telephony.Trunks(some.trunks),
            telephony.Dids(some.dids, some.trunks, some.flows, some.queues, some.extensions, some.rooms),
            some.extensions,
        ),
        *prompts.routes(prompts.Prompts(some.prompts, some.settings), some.prompts, some.renderer, config.paths.speech),
        *flows.routes(some.flows, some.prompts),
        *rooms.routes(some.rooms),
        *blacklist.routes(some.blacklist),
        *limits.routes(limits.Limits(some.limits, some.extensions, some.trunks), some.limits, some.conditions),
        *integrations.routes(some.api_keys, some.webhooks),
        *cluster.routes(some.pair, some.pair_history),
        *cluster_actions.routes(some.pair),
        *cluster_history.routes(some.pair_history),
        *wallboards.routes(some.wallboards),
        *system.routes(some.settings, some.audit),
        (r"/static/vendor/(.*)", StaticFileHandler, {"path": str(assets.VENDOR)}),
        (r"/static/(.*)", StaticFileHandler, {"path": str(assets.STATIC)}),
    ]
    gate = Gate(some.sign_in)
    return AdminApplication(routes, gate, some.settings, template_path=str(TEMPLATES))


class AdminWeb:
    """Listens on the configured address behind nginx, whose X-Forwarded-For is believed."""

    name = "admin-web"

    def __init__(self, config: Config, services: Services) -> None:
        self._config = config
        self._services = services
        self._server: HTTPServer | None = None
        self.port = 0
        """Where it listens; differs from the configuration when that says 0."""

    async def open(self) -> None:
        await self._services.setup.prepare()
        server = HTTPServer(
            application(self._config, self._services),
            xheaders=True,
            max_body_size=BODY_BYTES,
            max_buffer_size=BODY_BYTES,
            body_timeout=BODY_SECONDS,
            idle_connection_timeout=IDLE_SECONDS,
            max_header_size=HEADER_BYTES,
        )
        sockets = bind_sockets(self._config.admin.port, self._config.admin.address)
        server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self._server = server

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            await server.close_all_connections()
