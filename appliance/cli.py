"""`hcc`: the appliance on its own console, for hospital IT."""

import argparse
import asyncio
import getpass
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance import clock, db, schema
from appliance import config as configuration
from appliance.callcenter.acd.model import Agent
from appliance.callcenter.calls.model import Call
from appliance.callcenter.control import directory
from appliance.callcenter.control.mending import repairs
from appliance.callcenter.control.pbx_plan import plan
from appliance.callcenter.live import journal as live
from appliance.callcenter.people.model import Author
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.setup_service import SetupCode
from appliance.callcenter.people.user_service import UserService
from appliance.callcenter.settings import store as settings_store
from appliance.command_line import add_command
from appliance.config import Config, ConfigError
from appliance.db import Sessions
from appliance.errors import UserError
from appliance.ha.provision import commands as cluster
from appliance.pbx import pjsip_config
from appliance.text import mask_number
from provisioning import demo_data

UNITS = ("nginx", "hcc-admin", "hcc-desk", "hcc-recordings", "asterisk")
CONSOLE = Author(None, "console")

type Command = Callable[[argparse.Namespace, Config], int]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _ago(at: clock.Millis) -> str:
    minutes, seconds = divmod(max(0, clock.now_ms() - at) // 1000, 60)
    return f"{minutes}:{seconds:02}"


async def _with_sessions[T](config: Config, work: Callable[[Sessions], Awaitable[T]]) -> T:
    engine = db.open_engine(config.database.url)
    try:
        await db.check_schema(engine)
        return await work(db.sessions(engine))
    finally:
        await engine.dispose()


def _live(config: Config) -> tuple[list[Call], list[Agent]]:
    return asyncio.run(_with_sessions(config, live.load))


def status(_arguments: argparse.Namespace, config: Config) -> int:
    """Say what runs, where the data is and how full the disk is. 1 when a program does not run."""
    states = {unit: _unit_state(unit) for unit in UNITS}
    _table(("PROGRAM", "STATE"), states.items())
    calls, agents = _live(config)
    usage = shutil.disk_usage(config.paths.state)
    signed_in = sum(agent.state.value != "signed_out" for agent in agents)
    print(f"\ncalls now        {len(calls)}")
    print(f"agents signed in {signed_in} of {len(agents)}")
    print(f"database         {config.database.url.split(':', 1)[0]}")
    for line in asyncio.run(_with_sessions(config, _repairs)):
        print(line)
    print(f"disk             {usage.used * 100 // usage.total} % of {usage.total // 2**30} GiB used")
    return 0 if all(state == "active" for state in states.values()) else 1


async def _repairs(sessions: Sessions) -> list[str]:
    """What the reconciler put right today."""
    async with sessions() as session:
        zone = ZoneInfo((await settings_store.load(session)).time_zone)
        found = await repairs.load(session, zone, clock.now_ms())
    if not found.counts:
        return ["repairs today    none"]
    counts = ", ".join(f"{kind} {count}" for kind, count in sorted(found.counts.items()))
    last = found.last[0]
    when = datetime.fromtimestamp(last["at"] / 1000, zone).isoformat(" ", "seconds")
    return [
        f"repairs today    {counts}",
        f"the last one     {when} {last['kind']} {last['subject']} {last['detail']}".rstrip(),
    ]


def _unit_state(unit: str) -> str:
    answer = subprocess.run(["systemctl", "is-active", unit], capture_output=True, text=True, timeout=10, check=False)
    return answer.stdout.strip() or "unknown"


def calls(_arguments: argparse.Namespace, config: Config) -> int:
    """List the calls that live right now."""
    present, _ = _live(config)
    _table(
        ("CALL", "DIRECTION", "FROM", "TO", "PHASE", "SINCE"),
        (
            (
                call.id,
                call.direction.value,
                mask_number(call.caller) or "-",
                mask_number(call.called) or "-",
                call.phase.value,
                _ago(call.since),
            )
            for call in present
        ),
    )
    return 0


def agents(_arguments: argparse.Namespace, config: Config) -> int:
    """List agents with their state."""
    _, present = _live(config)
    known = asyncio.run(_with_sessions(config, _directory)).agents
    _table(
        ("NUMBER", "NAME", "STATE", "CAUSE", "SINCE", "PHONE"),
        (
            (
                known[agent.id].number,
                known[agent.id].name,
                agent.state.value,
                agent.cause or "-",
                _ago(agent.since) if agent.since else "-",
                f"{agent.phone} {'online' if agent.phone_online else 'offline'}",
            )
            for agent in present
            if agent.id in known
        ),
    )
    return 0


async def _directory(sessions: Sessions) -> directory.Directory:
    async with sessions() as session:
        return await directory.load(session)


def config_check(_arguments: argparse.Namespace, config: Config) -> int:
    """Read everything the programs read, and say what is wrong."""
    known = asyncio.run(_with_sessions(config, _directory))
    asyncio.run(_with_sessions(config, _rendered))
    problems = [
        f"DID {did.number} leads to a flow that is not published"
        for did in known.dids.values()
        if did.target_kind == "flow" and did.target_id not in known.flows
    ]
    problems += [
        f"queue {queue.number} has no agents" for queue in known.queues.values() if not _members(known, queue.id)
    ]
    for problem in problems:
        print(problem)
    print(
        f"{len(known.extensions)} extensions, {len(known.trunks)} trunks, {len(known.dids)} numbers, "
        f"{len(known.queues)} queues, {len(known.flows)} flows: {len(problems)} problems"
    )
    return 1 if problems else 0


def _members(known: directory.Directory, queue: int) -> int:
    return sum(queue in agent.queues for agent in known.agents.values())


async def _rendered(sessions: Sessions) -> dict[str, str]:
    async with sessions() as session:
        return pjsip_config.render(await plan(session))


def db_upgrade(_arguments: argparse.Namespace, config: Config) -> int:
    """Bring the database to this program's schema."""
    schema.upgrade(config.database.url)
    return 0


def reset_password(arguments: argparse.Namespace, config: Config) -> int:
    """Set a user's password; it is asked for, or read from standard input when that is no terminal."""
    if sys.stdin.isatty():
        password = getpass.getpass("new password: ")
        if getpass.getpass("once more: ") != password:
            print("the two differ", file=sys.stderr)
            return 1
    else:
        password = sys.stdin.readline().rstrip("\n")

    async def work(sessions: Sessions) -> None:
        await UserService(sessions, Passwords()).set_password(arguments.login, password, CONSOLE)

    asyncio.run(_with_sessions(config, work))
    print(f"{arguments.login}: password set, sessions ended")
    return 0


def setup_code(_arguments: argparse.Namespace, config: Config) -> int:
    """Show the code that the first visit asks for."""
    file = Path(config.paths.state) / "secrets" / "setup.code"
    if not file.exists():
        print("an administrator exists already")
        return 1
    print(SetupCode(config.paths.state).read())
    return 0


def demo_load(_arguments: argparse.Namespace, config: Config) -> int:
    """Fill an empty box with the demonstration hospital."""
    loaded = asyncio.run(demo_data.load(config))
    print("\n".join(loaded.lines()))
    return 0


def now(_arguments: argparse.Namespace, config: Config) -> int:
    """Show the time as the appliance sees it."""
    print(datetime.now(ZoneInfo(config.time_zone)).isoformat(timespec="seconds"))
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="hcc", description="the appliance on its own console")
    top.add_argument("--config", type=Path, default=configuration.DEFAULT_PATH, help="configuration file")
    groups = top.add_subparsers(required=True, metavar="COMMAND")
    add_command(groups, "status", status)
    add_command(groups, "calls", calls)
    add_command(groups, "agents", agents)
    add_command(groups, "time", now)
    inner = groups.add_parser("config", help="the configuration").add_subparsers(required=True, metavar="COMMAND")
    add_command(inner, "check", config_check)
    inner = groups.add_parser("db", help="the database").add_subparsers(required=True, metavar="COMMAND")
    add_command(inner, "upgrade", db_upgrade)
    inner = groups.add_parser("admin", help="people").add_subparsers(required=True, metavar="COMMAND")
    add_command(inner, "reset-password", reset_password).add_argument("login")
    add_command(inner, "setup-code", setup_code)
    inner = groups.add_parser("demo", help="demonstration").add_subparsers(required=True, metavar="COMMAND")
    add_command(inner, "load", demo_load)
    # Root's: /usr/local/bin/hcc takes this word before it steps down to the programs' user.
    cluster.add_commands(groups.add_parser("cluster", help="two boxes and a witness"))
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; 78 (EX_CONFIG) when the configuration is not usable."""
    arguments = parser().parse_args(words)
    command: Command = arguments.command
    try:
        return command(arguments, configuration.load(arguments.config))
    except (ConfigError, db.SchemaError) as error:
        print(f"hcc: {error}", file=sys.stderr)
        return 78
    except (UserError, pjsip_config.PlanError, demo_data.NotEmptyError) as error:
        print(f"hcc: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
