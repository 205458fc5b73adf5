"""Another box takes over: its database knows what went on, its Asterisk knows nothing. Played on one box.

Call control is stopped and Asterisk killed; the calls are then given to another box by name, as a standby finds them.
"""

import contextlib
import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.center import PYTHON, Center
from tests.desk_client import DeskClient
from tests.service.conftest import Announced, MakeDesk, MakePhone
from tests.service.test_trouble import ASTERISK_RESTARTS, DESK_RESTARTS
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import loudness

QUEUE, DID = 46, "85551046"
AGENT, TELEPHONE = "agent23", 8023
TALKING, WAITING = "13980000001", "13980000002"


@pytest.fixture(scope="module")
async def queue(center: Center) -> None:
    """A queue that calls back, served by one agent."""
    rules = {"ring_seconds": 6, "wrap_up_seconds": 20, "announce_seconds": 0, "callback_gap_minutes": 0}
    wanted = {"id": QUEUE, "name": "接管", "number": "7346", "members": [23], "did": DID, "callback_mode": "agent"}
    script = (Path(__file__).parents[1] / "extra_seed.py").read_text()
    center.box.run(PYTHON, "-", json.dumps([wanted | rules]), user="hcc", stdin=script)
    async with center.desk("manager", page="board") as board:
        await board.until(lambda: QUEUE in board.queues, 5, "the queue is known")


def die_and_be_taken_over(center: Center) -> None:
    """All media and all memory are gone; who starts finds the calls of another box."""
    box = center.box
    box.run("systemctl", "stop", "hcc-desk.service", timeout=30)
    box.kill("asterisk.service")
    box.run("systemctl", "stop", "asterisk.service", timeout=30)
    box.run("sh", "-c", "rm /var/lib/asterisk-db/*")
    place = box.path("/var/lib/hcc/hcc.db")
    with contextlib.closing(sqlite3.connect(place, timeout=5)) as database, database:
        database.execute("UPDATE live_call SET node = 'the-other-box'")
    box.run("systemctl", "restart", "hcc-prepare.service", timeout=30)
    box.run("systemctl", "start", "--no-block", "asterisk.service", "hcc-desk.service")


def ticket(center: Center, number: str) -> dict[str, object]:
    found = center.query("SELECT * FROM callback WHERE number = :number ORDER BY id", {"number": number})
    return found[-1] if found else {}


async def _phase(board: DeskClient, number: str, phase: str) -> str:
    await board.until(lambda: board.call_of(number).get("phase") == phase, 8, f"{number}: {phase}")
    return str(board.call_of(number)["id"])


def _place_is_stored(center: Center) -> bool:
    """Whether the database has where the telephone is now; one of an earlier test may have left another place."""
    shown = re.search(rf"\b{TELEPHONE}/\S+\s+([0-9a-f]{{10}})\b", center.asterisk("pjsip show contacts"))
    place = shown[1] if shown else "unknown"
    return bool(center.query(f"SELECT key FROM registration WHERE key LIKE '{TELEPHONE};@{place}%'"))


def _registrations(telephone: Phone) -> int:
    return sum(event.type == "REGISTER_OK" for event in telephone.events)


@pytest.mark.req("HA-2", "ACD-6")
@pytest.mark.timeout(180)
async def test_whoever_was_cut_off_is_called_back_first_and_the_agent_knows(
    queue: None,
    center: Center,
    carrier: Phone,
    caller: MakePhone,
    phone: MakePhone,
    desk: MakeDesk,
    announced: Announced,
) -> None:
    announced.add(*ASTERISK_RESTARTS, *DESK_RESTARTS)
    telephone, agent, board = await phone(TELEPHONE), await desk(AGENT), await desk("manager", page="board")
    await agent.work()
    talker, waiter = await caller(TALKING), await caller(WAITING)
    await talker.dial(DID)
    await agent.state("talking")
    await waiter.dial(DID)
    for number, phase in ((TALKING, "talking"), (WAITING, "waiting")):
        await center.stored(await _phase(board, number, phase), phase)
    await until(lambda: _place_is_stored(center), 10, "its place")
    registered = _registrations(telephone)
    die_and_be_taken_over(center)
    await agent.reconnect()
    await board.reconnect()
    await agent.until(lambda: agent.pbx and agent.me.get("cut_talk"), 15, "the agent is told")
    note = agent.me["cut_talk"]
    assert (note["number"], note["cause"]) == (TALKING, "failover")
    assert agent.me["state"] == "wrap_up"
    record = await center.interaction(TALKING)
    assert (record["outcome"], record["hung_up_by"]) == ("cut", "failover")
    for number in (TALKING, WAITING):
        await until(lambda number=number: ticket(center, number), 5, f"{number} is owed a call")
        assert (ticket(center, number)["kind"], ticket(center, number)["cause"]) == ("callback", "failover")
    # None of them knows yet that the call is over.
    await telephone.hang_up()
    await talker.hang_up()
    await waiter.hang_up()
    await waiter.dial(DID)
    await _phase(board, WAITING, "waiting")
    assert board.call_of(WAITING)["position"] == 1
    await until(lambda: ticket(center, WAITING)["state"] == "cancelled", 5, "she has her place back")
    await waiter.hang_up()
    await agent.until(lambda: agent.me["phone_online"], 5, "the telephone is there")
    known = ticket(center, TALKING)["id"]
    await agent.until(lambda: agent.me["cut_talk"]["callback"] == known, 5, "the ticket is known")
    before = len(carrier.events)
    await agent.verb("busy", cause="meal")
    await agent.verb("call_back", callback=agent.me["cut_talk"]["callback"])
    await carrier.rings(after=before)
    await carrier.answer()
    await agent.state("talking")
    assert _registrations(telephone) == registered, "it rang where it had registered with the other box"
    await carrier.hang_up()
    await agent.until(lambda: agent.me["cut_talk"] is None, 5, "nothing is owed any more")
    await until(lambda: ticket(center, TALKING)["state"] == "done", 5, "the ticket is settled")
    await agent.state("wrap_up")
    await agent.write_up()


@pytest.mark.req("HA-3")
async def test_before_a_planned_switch_over_nobody_new_is_let_in_and_talks_go_on(
    queue: None, center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    await phone(TELEPHONE)
    agent = await desk(AGENT)
    await agent.work()
    talker, late = await caller("13980000003"), await caller("13980000004")
    await talker.dial(DID)
    await agent.state("talking")
    center.box.run("touch", "/run/hcc/refuse-calls")
    try:
        await late.dial(DID)
        await late.talks()
        await late.ended(15)
    finally:
        center.box.run("rm", "/run/hcc/refuse-calls")
    assert loudness(late.heard()) > -40, "she was told"
    assert (await center.interaction("13980000004"))["outcome"] == "overflow"
    assert ticket(center, "13980000004")["kind"] == "missed"
    assert agent.me["state"] == "talking"
    await talker.hang_up()
    await agent.write_up()
