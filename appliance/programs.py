"""Wires objects together: one function per systemd unit. Nothing imports this module."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from appliance import config as configuration
from appliance import db, journal
from appliance.callcenter.calls.recordings import RecordingJoiner
from appliance.callcenter.control.control import CallControl
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.pbx_plan import PbxPlanner
from appliance.callcenter.control.phone_key import PhoneKey
from appliance.callcenter.control.sounds import Sounds
from appliance.callcenter.desk import Desk
from appliance.callcenter.live.journal import LiveJournal
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.sign_in_service import SignInService
from appliance.callcenter.prompts.system import system_sounds
from appliance.config import Config
from appliance.pbx.ami import Recorder
from appliance.pbx.ari import AriClient
from appliance.service import Supervisor
from appliance.webadmin.admin.part import AdminWeb, Services
from appliance.webadmin.desk.part import DeskWeb
from appliance.webadmin.sessions import Gate

STASIS_APPLICATION = "hcc"


async def desk(config: Config) -> None:
    """Call control and the sockets of desktops and boards."""
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    sessions = db.sessions(engine)
    node = socket.gethostname()
    live = LiveJournal(sessions, node)
    floor = Floor(
        ari=AriClient(config.pbx.ari_url, config.pbx.user, STASIS_APPLICATION),
        recorder=Recorder(config.pbx.ami_host, config.pbx.ami_port, config.pbx.user, config.paths.spool),
        journal=live,
        sounds=Sounds(Path(config.paths.prompts), system_sounds(Path(config.paths.speech))),
        phone_key=PhoneKey(Path(config.paths.state) / "secrets" / "web-phone.key"),
        node=node,
    )
    planner = PbxPlanner(Path(config.paths.pbx))
    control = CallControl(floor, sessions, planner, Path(config.pbx.secret_file))
    web = DeskWeb(config.desk, Desk(floor, sessions), Gate(SignInService(sessions, Passwords())))
    await Supervisor([live, control, web]).run()
    await engine.dispose()


async def admin(config: Config) -> None:
    """Pages, lists, forms."""
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    await Supervisor([AdminWeb(config, Services(config, db.sessions(engine)))]).run()
    await engine.dispose()


async def recordings(config: Config) -> None:
    """Joins the two sides of finished recordings and files them."""
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    joiner = RecordingJoiner(db.sessions(engine), Path(config.paths.spool), Path(config.paths.recordings))
    await Supervisor([joiner]).run()
    await engine.dispose()


async def pbx_config(config: Config) -> None:
    """Writes Asterisk's generated configuration before it starts."""
    engine = db.open_engine(config.database.url)
    await db.check_schema(engine)
    async with db.sessions(engine)() as session:
        await PbxPlanner(Path(config.paths.pbx)).write(session)
    await engine.dispose()


PROGRAMS: dict[str, Callable[[Config], Awaitable[None]]] = {
    "desk": desk,
    "admin": admin,
    "recordings": recordings,
    "pbx-config": pbx_config,
}


def main() -> int:
    """Run the program named on the command line; 78 (EX_CONFIG) when the configuration is not usable."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in PROGRAMS:
        sys.stderr.write(f"usage: python -m appliance.programs {'|'.join(PROGRAMS)} [configuration file]\n")
        return 64
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else configuration.DEFAULT_PATH
    try:
        config = configuration.load(path)
        journal.configure_logging(config.log_level)
        asyncio.run(_run(PROGRAMS[name], config))
    except (configuration.ConfigError, db.SchemaError) as error:
        sys.stderr.write(f"<3>{name}: {error}\n")
        return 78
    return 0


async def _run(program: Callable[[Config], Awaitable[None]], config: Config) -> None:
    await program(config)


if __name__ == "__main__":
    sys.exit(main())
