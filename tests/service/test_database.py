"""The other database engine, its restart in mid-call, and a configuration file that is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests import center as at
from tests.box import Box, Bridge
from tests.center import Center, Plan
from tests.service.conftest import AGENT_TONE, CALLER_TONE, PLAN, Carrier
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import tone, tone_level

POSTGRESQL = '[database]\nurl = "postgresql+psycopg://hcc@/hcc"\n'
WRONG = '# by hand\n[database]\n\nurl = "mysql://somewhere"\n'


@pytest.fixture(scope="module")
async def pg_center(service_bridge: Bridge, carrier_line: Carrier) -> AsyncIterator[Center]:
    """A second box, with PostgreSQL."""
    plan = Plan(box="10.97.0.12")
    with Box("svcpg", plan.box, service_bridge, config=POSTGRESQL) as box:
        box.boot()
        await asyncio.to_thread(box.wait_running)
        center = Center(box, plan, postgresql=True)
        center.seed()
        await center.ready()
        yield center


@pytest.mark.req("HA-4", "PBX-5")
@pytest.mark.timeout(360)
async def test_database_restarts_during_a_talk_and_nothing_is_lost(
    pg_center: Center, hosts: Callable[[str], Host]
) -> None:
    box = pg_center.box
    pg_center.begin()
    telephone = Phone(hosts("10.97.0.101"), "8001", box.address, secret="secret-8001", answers=True, says=tone(700, 90))
    talker = Phone(hosts(PLAN.carrier), "13960000001", box.address, says=tone(400, 90), line=5)
    waiter = Phone(hosts(PLAN.carrier), "13960000002", box.address, line=6)
    async with (
        telephone,
        talker,
        waiter,
        pg_center.desk("agent1") as agent,
        pg_center.desk("manager", "board") as board,
    ):
        await agent.work()
        await talker.dial(at.QUEUE_DID)
        await agent.state("talking")
        await waiter.dial(at.QUEUE_DID)
        await board.until(lambda: board.call_of("13960000002").get("phase") == "waiting", 5, "the second waits")
        box.run("systemctl", "restart", "hcc-postgresql.service", timeout=60)
        await talker.listen_anew()
        await until(lambda: tone_level(talker.heard(0.5), 8000, AGENT_TONE) > -30, 5, "the talk goes on")
        await talker.hang_up()
        await agent.state("wrap_up")
        await agent.write_up(notes="之后写的")
        await agent.state("talking", seconds=10)
        assert agent.call["caller"] == "13960000002"
        await waiter.hang_up()
        await agent.state("wrap_up")
        first = await pg_center.interaction("13960000001", 15)
        second = await pg_center.interaction("13960000002", 15)
        assert (first["outcome"], second["outcome"]) == ("answered", "answered")
        await pg_center.recording(first["id"], 20)
        forms = pg_center.query("SELECT notes FROM wrap_up WHERE interaction_id = :key", {"key": first["id"]})
        assert forms == [{"notes": "之后写的"}]
        await agent.go_home()
    await pg_center.nothing_left()
    assert box.state_of("hcc-desk.service") == "active"


async def test_call_is_answered_while_the_database_is_away(pg_center: Center, hosts: Callable[[str], Host]) -> None:
    """The caller is greeted and can talk; who she is and the record come when the database is back."""
    box = pg_center.box
    pg_center.begin()
    telephone = Phone(hosts("10.97.0.101"), "8001", box.address, secret="secret-8001", answers=True, says=tone(700, 90))
    talker = Phone(hosts(PLAN.carrier), "13960000003", box.address, says=tone(CALLER_TONE, 90), line=7)
    async with telephone, talker, pg_center.desk("agent1") as agent:
        await agent.work()
        box.run("systemctl", "stop", "hcc-postgresql.service", timeout=60)
        try:
            await talker.dial(at.QUEUE_DID)
            await agent.state("talking", seconds=10)
            await until(lambda: tone_level(talker.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk")
            await talker.hang_up()
            await agent.state("wrap_up")
        finally:
            box.run("systemctl", "start", "hcc-postgresql.service", timeout=60)
        record = await pg_center.interaction("13960000003", 20)
        assert record["outcome"] == "answered"
        await agent.go_home()
    await pg_center.nothing_left()


async def test_calls_and_agents_are_read_back_from_postgresql(pg_center: Center, hosts: Callable[[str], Host]) -> None:
    box = pg_center.box
    telephone = Phone(hosts("10.97.0.101"), "8001", box.address, secret="secret-8001", answers=True)
    talker = Phone(hosts(PLAN.carrier), "13960000004", box.address, says=tone(CALLER_TONE, 90), line=8)
    async with telephone, talker, pg_center.desk("agent1") as agent:
        await agent.work()
        await talker.dial(at.QUEUE_DID)
        await agent.state("talking")
        call = agent.me["call"]
        await pg_center.stored(call, "talking")
        box.kill("hcc-desk.service")
        await agent.reconnect()
        await agent.until(lambda: agent.me.get("call") == call, 5, "the talk is adopted")
        await talker.hang_up()
        await agent.state("wrap_up")
        await agent.go_home()
    await pg_center.nothing_left()


async def test_wrong_configuration_refuses_to_start_with_file_line_and_reason(center: Center) -> None:
    box = center.box
    file = "/etc/hcc/hcc.toml"
    before = box.run("cat", file, check=False)
    box.run("tee", file, stdin=WRONG)
    try:
        for program in ("desk", "admin", "recordings"):
            answer = box.run(
                *("sh", "-c", f"{at.PYTHON} -P -m appliance.programs.{program} 2>&1; echo status $?"), user="hcc"
            )
            assert f"{file}: line 4: " in answer
            assert "database.url" in answer
            assert "status 78" in answer
            assert "Traceback" not in answer
        assert "line 4" in box.run("sh", "-c", "hcc config check 2>&1 || true")
        box.run("systemctl", "restart", "--no-block", "hcc-desk.service")
        await until(lambda: box.state_of("hcc-desk.service") == "failed", 15, "the unit gives up at once")
        assert f"{file}: line 4: " in box.journal_text("hcc-desk.service", since="-30 seconds")
    finally:
        if before:
            box.run("tee", file, stdin=before)
        else:
            box.run("rm", "-f", file)
        box.run("systemctl", "restart", "hcc-desk.service", timeout=60)
    await center.ready()
