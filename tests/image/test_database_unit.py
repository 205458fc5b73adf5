"""The controller and the unit of the database in a pair: only the agent starts it, a crash leaves it down till then."""

import json
from collections.abc import Iterator

import pytest

from tests.box import Box

pytestmark = pytest.mark.req("HA-4")

# Runs inside the box, as the agent would. `without_permission` is the role after systemd was asked directly.
STORY = """
import asyncio, json, os, signal, subprocess, sys
sys.path.insert(0, "/opt/hcc/app")
from pathlib import Path
from appliance.ha.decision.model import Role
from appliance.ha.postgres.controller import Postgres
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.server import postmaster

async def until(what, is_so):
    async with asyncio.timeout(20):
        while database.seen().busy or not is_so(database.seen()):
            await asyncio.sleep(0.05)
    story[what] = True

def is_down(seen):
    return seen.role is Role.DOWN

def is_primary(seen):
    return seen.role is Role.PRIMARY and seen.accepting

def systemctl(*words):
    return subprocess.run(["systemctl", *words], capture_output=True, text=True).stdout.strip()

def settled(seen):
    return is_down(seen) and systemctl("is-active", "hcc-postgresql") in {"inactive", "failed"}

async def main():
    systemctl("start", "hcc-postgresql")
    story["without_permission"] = systemctl("is-active", "hcc-postgresql")
    await database.initialise()
    await database.open()
    running = asyncio.create_task(database.run())
    try:
        database.start_standby()
        await until("standby", lambda seen: seen.role is Role.STANDBY and seen.accepting)
        database.promote()
        await until("primary", is_primary)
        os.kill(postmaster(Layout().data), signal.SIGKILL)
        await until("stays down", settled)
        database.restart()
        await until("restarted", is_primary)
        database.stop(at_once=False)
        await until("stopped", settled)
    finally:
        running.cancel()
        await database.close()

story = {}
database = Postgres(Ends("one", ("127.0.0.1",), None, (), Path("/run/database-test")))
try:
    asyncio.run(main())
finally:
    print(json.dumps({**story, "troubles": database.troubles}))
"""
PREPARE = """
systemctl mask --runtime --quiet hcc-ha-agent.service hcc-ha-agent.path
mkdir -p /run/database-test && cd /run/database-test
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /O=test \
    -keyout member.key -out member.pem 2>/dev/null
cp member.pem ca.pem
touch /run/hcc/use-postgresql /etc/hcc/cluster.toml
"""
TIDY = """
systemctl stop hcc-postgresql.service
systemctl reset-failed hcc-postgresql.service
rm -rf /run/hcc/use-postgresql /etc/hcc/cluster.toml /run/database-test /var/lib/hcc-postgresql/*
systemctl unmask --runtime --quiet hcc-ha-agent.service hcc-ha-agent.path
"""


@pytest.fixture
def box_of_a_pair(box: Box) -> Iterator[Box]:
    """As far as the database's unit is concerned."""
    box.run("sh", "-ec", PREPARE)
    yield box
    box.run("sh", "-c", TIDY)


def test_only_the_agent_starts_the_database_of_a_pair(box_of_a_pair: Box) -> None:
    said = box_of_a_pair.run("/opt/hcc/venv/bin/python", "-P", "-", stdin=STORY, timeout=100)
    story = json.loads(said.splitlines()[-1])
    assert story == {
        "without_permission": "inactive",
        "standby": True,
        "primary": True,
        "stays down": True,
        "restarted": True,
        "stopped": True,
        "troubles": {},
    }
