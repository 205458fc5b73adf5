"""Call control is killed at arbitrary instants with everything going on: nothing is cut, lost, changed or doubled."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.sip.network import Host
from tests.sip.sipp import Sipp, register
from tests.sip.waiting import until
from tests.tones import longest_gap, tone, tone_level

KILLS = 6
PER_SECOND, SECONDS = 2, 18
CALLS = PER_SECOND * SECONDS
LINES = [f"1372000{index:04}" for index in range(CALLS)]
TALK_MS = 3000
SERVING = range(5, 17)
DESK_RESTARTS = (
    r"hcc-desk\.service",
    r"asterisk.*(websocket|WebSocket|ARI|Stasis|res_stasis|Failed to write)",
)


@pytest.fixture
async def staff(center: Center, hosts: Callable[[str], Host], announced: Announced) -> AsyncIterator[None]:
    """Twelve agents at telephones that answer."""
    place = hosts("10.97.0.41")
    await register(place, center.box.address, {str(8000 + number): f"secret-{8000 + number}" for number in SERVING})
    keys = {"answer_ms": 300, "talk_ms": TALK_MS}
    async with Sipp(place, "agents", keys=keys, sound=tone(AGENT_TONE, 10), options=["-l", "100"]):
        for number in SERVING:
            async with center.desk(f"agent{number}") as agent:
                await agent.work()
        yield
        for number in SERVING:
            async with center.desk(f"agent{number}") as agent:
                await agent.go_home()


def _callers(center: Center, host: Host) -> Sipp:
    """Two a second, straight into the queue of those agents."""
    keys = {"called": at.PLAIN_DID, "key_pause_ms": 100, "key": "2", "patience_ms": 40_000}
    return Sipp(
        host,
        "caller",
        target=center.box.address,
        lines=LINES,
        keys=keys,
        sound=tone(CALLER_TONE, 10),
        options=["-r", str(PER_SECOND), "-m", str(CALLS), "-l", str(CALLS), "-timeout", "80s"],
    )


def _seen(board: DeskClient, callers: list[str]) -> dict[str, Any]:
    """What no kill may change: agents 1 to 3 with their times, the places of those who wait."""
    agents = {
        key: tuple(board.agents[key][name] for name in ("state", "cause", "call", "since", "until"))
        for key in (1, 2, 3)
    }
    calls = [board.call_of(number) for number in callers]
    return agents | {
        call["caller"]: (call["id"], call["phase"], call["position"], call["waiting_since"]) for call in calls
    }


@pytest.mark.req("HA-5")
@pytest.mark.timeout(360)
async def test_nothing_is_cut_lost_changed_or_doubled_by_kills_at_random_instants(
    center: Center,
    hosts: Callable[[str], Host],
    staff: None,
    caller: MakePhone,
    phone: MakePhone,
    desk: MakeDesk,
    announced: Announced,
) -> None:
    announced.add(*DESK_RESTARTS, f"ndpoint '{at.DUTY}'")
    chance = random.Random(20261122)
    telephone, _ = await phone(8001), await phone(8003)
    talking, busy, writing = [await desk(f"agent{number}") for number in (1, 2, 3)]
    board = await desk("manager", page="board")
    for agent in (talking, writing):
        await agent.work()
    await busy.verb("sign_in", phone="sip")
    await busy.verb("busy", cause="meeting")
    short = await caller("13970000001")
    await short.dial(at.HASTY_DID)
    await writing.state("talking")
    await short.hang_up()
    await writing.state("wrap_up")
    await writing.verb("extend_wrap_up", seconds=200)
    patient = await caller("13970000002")
    await patient.dial(at.QUEUE_DID)
    await talking.state("talking")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk")
    waiting = {number: await caller(number) for number in ("13970000003", "13970000004")}
    for number, one in waiting.items():
        await one.dial(at.QUEUE_DID)
        await board.until(lambda number=number: board.call_of(number).get("phase") == "waiting", 8, "in the queue")
    await patient.listen_anew()
    await telephone.listen_anew()
    await asyncio.sleep(0.4)
    before = _seen(board, ["13970000002", *waiting])
    async with _callers(center, hosts(center.plan.mass_callers)) as load:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.6, 2.0))
            center.box.kill("hcc-desk.service")
            await board.reconnect()
            await board.until(lambda: board.pbx, 8, "call control is back at Asterisk")
            assert _seen(board, ["13970000002", *waiting]) == before
        tally = await load.finished(60)
        on_duty = set(
            re.findall(r"call of (1372000\d{4}) without call control", center.box.journal_text(since="-5 min"))
        )
        assert tally.created == CALLS, load.errors()
        assert tally.failed <= len(on_duty), load.errors()  # who answers there does not hang up
    for who, hertz in ((patient, AGENT_TONE), (telephone, CALLER_TONE)):
        heard = who.heard()[1600:]
        assert len(heard) > 8000 * KILLS
        assert longest_gap(heard, 8000, hertz) < 0.2, "the sound had a gap"

    def rows() -> list[dict[str, Any]]:
        return center.query(
            "SELECT caller, count(*) AS n, min(outcome) AS outcome FROM interaction "
            "WHERE called = :did AND started_at >= :since GROUP BY caller",
            {"did": at.PLAIN_DID, "since": center.began_ms},
        )

    # Whom a kill kept waiting too long reached the duty telephones: of that call there is no record (docs/limits.md).
    await until(lambda: {row["caller"] for row in rows()} == set(LINES) - on_duty, 5, "all others have a record")
    spoiled = [row for row in rows() if (row["n"], row["outcome"]) != (1, "answered")]
    assert spoiled == [], "a call is doubled or spoiled"
    assert not board.repairs["counts"].keys() - {"page_gone", "orphan_channel"}, board.repairs
    for client in (talking, busy, writing):
        await client.reconnect()
    await asyncio.gather(patient.hang_up(), *(one.hang_up() for one in waiting.values()))
    assert (await center.interaction("13970000002"))["outcome"] == "answered"
