"""Two hundred callers, five a second, through flow, queue and twenty agents: nobody is lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced
from tests.sip.network import Host
from tests.sip.sipp import Sipp, register
from tests.sip.waiting import until
from tests.tones import read_wav, tone, tone_level

CALLS, PER_SECOND = 200, 5
FIRST_AGENT, LAST_AGENT = 5, at.AGENTS
TALK_MS = 2500
GREETING_MS = 9500
"""The key is pressed after so long; the greeting takes less."""


async def _serve(agent: DeskClient) -> None:
    """An agent who saves her form at once, for ever."""
    while True:
        await agent.until(lambda: agent.me.get("wrap_up"), 300, "a form")
        owed = agent.me["wrap_up"]["call"]
        await agent.verb("wrap_up", business_type="enquiry", outcome="resolved", notes="")
        await agent.until(lambda owed=owed: (agent.me.get("wrap_up") or {}).get("call") != owed, 10, "form saved")
        if agent.me["state"] == "busy":
            await agent.verb("ready")


@pytest.fixture
async def staff(center: Center, hosts: Callable[[str], Host], announced: Announced) -> AsyncIterator[list[DeskClient]]:
    """Twenty agents at sipp telephones, ready."""
    numbers = range(FIRST_AGENT, LAST_AGENT + 1)
    place = hosts("10.97.0.40")
    await register(place, center.box.address, {str(8000 + number): f"secret-{8000 + number}" for number in numbers})
    keys = {"answer_ms": 50, "talk_ms": TALK_MS}
    async with Sipp(place, "agents", keys=keys, sound=tone(AGENT_TONE, 10), options=["-l", "100"]):
        agents = [center.desk(f"agent{number}") for number in numbers]
        for agent in agents:
            await agent.connect()
            await agent.work()
        serving = [asyncio.create_task(_serve(agent)) for agent in agents]
        yield agents
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for agent in agents:
            await agent.go_home()
            await agent.disconnect()


@pytest.mark.req("OPS-8", "ACD-1", "REC-1")
@pytest.mark.timeout(400)
async def test_two_hundred_calls_at_five_a_second(
    center: Center, hosts: Callable[[str], Host], staff: list[DeskClient]
) -> None:
    began = time.time_ns() // 1_000_000
    keys = {"called": at.LOAD_DID, "key_pause_ms": GREETING_MS, "key": "2", "patience_ms": 60_000}
    lines = [f"1370000{index:04}" for index in range(CALLS)]
    options = ["-r", str(PER_SECOND), "-m", str(CALLS), "-l", str(CALLS), "-timeout", "180s"]
    host = hosts(center.plan.mass_callers)
    sound = tone(CALLER_TONE, 10)
    async with Sipp(
        host, "caller", target=center.box.address, lines=lines, keys=keys, sound=sound, options=options
    ) as run:
        tally = await run.finished(200)
        assert (tally.created, tally.successful, tally.failed) == (CALLS, CALLS, 0), run.errors()
    took = (time.time_ns() // 1_000_000 - began) / 1000
    since = {"did": at.LOAD_DID, "since": began}

    def count(condition: str = "1 = 1") -> int:
        rows = center.query(
            "SELECT count(*) AS n FROM interaction LEFT JOIN recording ON recording.interaction_id = interaction.id "
            f"WHERE called = :did AND interaction.started_at >= :since AND {condition}",
            since,
        )
        number: int = rows[0]["n"]
        return number

    await until(lambda: count() == CALLS, 10, "200 records")
    assert count("outcome = 'answered'") == CALLS
    await until(lambda: count("recording.status = 'ready'") == CALLS, 60, "200 recordings", pause_seconds=0.5)
    await center.nothing_left()
    waits = center.query(
        "SELECT avg(wait_ms) AS mean, max(wait_ms) AS longest FROM interaction "
        "WHERE called = :did AND started_at >= :since",
        since,
    )[0]
    print(
        f"{CALLS} calls in {took:.0f} s; waited {waits['mean'] / 1000:.1f} s, {waits['longest'] / 1000:.1f} s at most"
    )
    served = {agent.me["answered"] for agent in staff}
    assert min(served) > 0, "an agent got no call at all"
    last = center.query(
        "SELECT id FROM interaction WHERE called = :did AND started_at >= :since ORDER BY id DESC LIMIT 5", since
    )
    for row in last:
        (left, right), rate = read_wav(await center.recording(row["id"]))
        assert tone_level(left, rate, CALLER_TONE) > -35 > tone_level(left, rate, AGENT_TONE)
        assert tone_level(right, rate, AGENT_TONE) > -35 > tone_level(right, rate, CALLER_TONE)
