"""The program `desk`: call control, and the sockets of desktops and boards."""

import socket
from pathlib import Path

from appliance import db
from appliance.callcenter.control.control import CallControl
from appliance.callcenter.control.entering.feature_codes import FeatureCodes
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.pbx_plan import PbxPlanner
from appliance.callcenter.control.phone_key import PhoneKey
from appliance.callcenter.control.sounds import Sounds
from appliance.callcenter.desk import Desk
from appliance.callcenter.integrations.delivery import Deliveries
from appliance.callcenter.integrations.event_log import EventLog
from appliance.callcenter.integrations.keyring import KeyRing
from appliance.callcenter.integrations.leases import Leases
from appliance.callcenter.integrations.part import Integrations
from appliance.callcenter.integrations.requests import Requests
from appliance.callcenter.integrations.sending import Sender
from appliance.callcenter.integrations.service import WebCti
from appliance.callcenter.live.journal import LiveJournal
from appliance.callcenter.live.registrations import Registrations
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.pins import Pins
from appliance.callcenter.people.sign_in_service import SignInService
from appliance.callcenter.prompts.system import system_sounds
from appliance.callcenter.work_orders.watch import OrderWatch
from appliance.config import Config
from appliance.ha import cluster_file
from appliance.heap import Heap
from appliance.pbx.ari import AriClient
from appliance.pbx.console import Console
from appliance.pbx.recorder import Recorder
from appliance.programs import runner
from appliance.service import Supervisor
from appliance.webadmin.desk.part import DeskWeb
from appliance.webadmin.sessions import Gate
from appliance.webadmin.webcti.addresses import routes as webcti_routes

STASIS_APPLICATION = "hcc"


def integrations(floor: Floor, desk: Desk, sessions: db.Sessions, state: Path) -> tuple[Integrations, WebCti]:
    """What runs for other systems, and what they can ask."""
    keyring = KeyRing(sessions, state / "secrets" / "webcti-token.key", lambda: floor.directory.zone)
    log = EventLog(floor.journal, sessions)
    leases, requests = Leases(floor, sessions), Requests(sessions)
    sender = Sender(public=lambda: floor.directory.settings.webhooks_to_public)
    deliveries = Deliveries(floor.journal, sessions, sender)
    part = Integrations(
        floor, sessions, keyring=keyring, log=log, leases=leases, requests=requests, deliveries=deliveries
    )
    return part, WebCti(floor, desk, keyring, log, leases, requests)


async def desk(config: Config) -> None:
    await runner.preparation()
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    sessions = db.sessions(engine)
    cluster = cluster_file.load()
    node = cluster.me if cluster is not None else socket.gethostname()
    plain = db.open_plain_engine(config.database.url)
    live = LiveJournal(plain, node)
    console = Console(config.pbx.console)
    floor = Floor(
        ari=AriClient(config.pbx.ari_url, config.pbx.user, STASIS_APPLICATION),
        recorder=Recorder(Console(config.pbx.console), config.paths.spool),
        console=console,
        journal=live,
        sounds=Sounds(Path(config.paths.prompts), system_sounds(Path(config.paths.speech))),
        phone_key=PhoneKey(Path(config.paths.state) / "secrets" / "web-phone.key"),
        node=node,
        mark=cluster_file.ACTIVE_MARK if cluster is not None else None,
    )
    planner = PbxPlanner(Path(config.paths.pbx))
    seen, passwords = Desk(floor, sessions), Passwords()
    codes = FeatureCodes(floor, Pins(sessions, passwords), seen.perform)
    control = CallControl(floor, sessions, planner, Path(config.pbx.secret_file), codes)
    programs, webcti = integrations(floor, seen, sessions, Path(config.paths.state))
    routes = webcti_routes(webcti)
    web = DeskWeb(config.desk, seen, Gate(SignInService(sessions, passwords)), routes=routes)
    watch = OrderWatch(sessions, lambda: floor.directory.agents, floor.publish)
    await Supervisor([live, control, programs, web, watch, Registrations(plain, console), Heap()]).run()
    await engine.dispose()
    plain.dispose()


if __name__ == "__main__":
    runner.main("desk", desk)
