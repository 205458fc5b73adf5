"""The caller hangs up and keeps the place: callbacks and missed calls, with real telephones."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from appliance.callcenter.acd.policy import Message, OfferCallback, Step, Unstaffed, encode
from tests import center as at
from tests.center import PYTHON, Center
from tests.desk_client import DeskClient, RefusedError
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.sip.phone import Phone
from tests.sip.waiting import TooLateError, until
from tests.sound_match import similarity
from tests.tones import loudness, tone_level

AGENT_FIRST, PATIENT_FIRST, OFFERING = 41, 42, 43
AGENT_FIRST_DID, PATIENT_FIRST_DID, OFFERING_DID = "85551041", "85551042", "85551043"
STICKY_BY_NUMBER, STICKY_BY_NUMBER_DID = 44, "85551044"
FREE_FOR_ALL, FREE_FOR_ALL_DID = 45, "85551045"
AGENT, TELEPHONE = "agent21", 8021
LIKE = 0.6
"""Heard announcements are at least so similar to their sound."""


def _queue(key: int, mode: str, did: str) -> dict[str, Any]:
    rules = {"ring_seconds": 6, "wrap_up_seconds": 20, "announce_seconds": 0, "callback_gap_minutes": 0}
    return {"id": key, "name": f"回电{key}", "number": f"73{key}", "members": [21, 22], "did": did, **rules} | {
        "callback_mode": mode,
        "sticky_tried_days": 3,
        "sticky_talked_days": 7,
    }


@pytest.fixture(scope="module")
async def queues(center: Center) -> None:
    """Two queues that offer callbacks, served by one agent."""
    steps = encode((Step(Unstaffed(), OfferCallback()), Step(Unstaffed(), Message())))
    wanted = [
        _queue(AGENT_FIRST, "agent", AGENT_FIRST_DID) | {"business_types": "enquiry,return_visit"},
        _queue(PATIENT_FIRST, "patient", PATIENT_FIRST_DID),
        _queue(OFFERING, "agent", OFFERING_DID) | {"members": [], "steps": steps, "callback_key": "3"},
        _queue(STICKY_BY_NUMBER, "off", STICKY_BY_NUMBER_DID)
        | {"did_sticky": "on", "sticky_tried_days": 0, "sticky_talked_days": 0},
        _queue(FREE_FOR_ALL, "off", FREE_FOR_ALL_DID) | {"did_sticky": "off"},
    ]
    script = (Path(__file__).parents[1] / "extra_seed.py").read_text()
    center.box.run(PYTHON, "-", json.dumps(wanted), user="hcc", stdin=script)
    async with center.desk("manager", page="board") as board:
        await board.until(lambda: AGENT_FIRST in board.queues, 5, "the queues are known")


@pytest.fixture
async def agent(queues: None, desk: MakeDesk) -> DeskClient:
    """Signed in, but busy: callers wait."""
    client = await desk(AGENT)
    await client.verb("sign_in", phone="sip")
    await client.verb("busy", cause="meal")
    return client


type Keys = tuple[tuple[str, str], ...]


def tickets(center: Center, number: str) -> list[dict[str, Any]]:
    query = "SELECT * FROM callback WHERE number = :number ORDER BY id"
    return center.query(query, {"number": number})


def state_of(center: Center, number: str) -> tuple[str, str]:
    found = tickets(center, number)
    return (found[-1]["state"], found[-1]["reason"]) if found else ("", "")


async def waits(board: DeskClient, number: str) -> None:
    await board.until(lambda: board.call_of(number).get("phase") == "waiting", 8, f"{number} waits")


async def pressed(patient: Phone, board: DeskClient, number: str, group: str, stage: str) -> None:
    """Press keys until the conversation is where they lead. On a busy machine a telephone may swallow one."""
    for _ in range(2):
        await patient.press(group)
        with contextlib.suppress(TooLateError):
            await board.until(lambda: board.call_of(number).get("asking") == stage, 4, f"{group}: {stage}")
            return
    raise TooLateError(f"{group} does not lead to {stage}: {board.call_of(number)}")


async def asks(patient: Phone, board: DeskClient, number: str, did: str, *, keys: Keys = (("1", "confirm"),)) -> None:
    """Call, ask for a callback with these keys, and be sent off."""
    before = len(patient.events)
    await patient.dial(did)
    await asyncio.gather(patient.talks(after=before), waits(board, number))
    for group, stage in keys:
        await pressed(patient, board, number, group, stage)
    await patient.press("1")
    await patient.ended(20)


@pytest.mark.req("ACD-6", "AGT-2")
async def test_agent_first_callback_keeps_the_place_and_is_recorded(
    center: Center, agent: DeskClient, carrier: Phone, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, board = await phone(TELEPHONE), await desk("manager", page="board")
    first, second = await caller(at.ONE_PATIENT), await caller("13950000002")
    await asks(first, board, at.ONE_PATIENT, AGENT_FIRST_DID)
    assert (await center.interaction(at.ONE_PATIENT))["outcome"] == "callback"
    assert state_of(center, at.ONE_PATIENT) == ("waiting", "")
    await second.dial(AGENT_FIRST_DID)
    await waits(board, "13950000002")
    await board.until(lambda: board.call_of("13950000002")["position"] == 2, 5, "the ticket is before her")
    before = len(carrier.events)
    await agent.verb("ready")
    await telephone.talks()
    await agent.until(lambda: agent.call.get("patients"), 5, "the patient is on the screen")
    assert agent.call["called"] == at.ONE_PATIENT
    await carrier.rings(after=before)
    assert state_of(center, at.ONE_PATIENT)[0] == "dialling"
    await carrier.answer()
    await until(lambda: tone_level(carrier.heard(0.5), 8000, AGENT_TONE) > -30, 8, "the patient hears the agent")
    await until(lambda: tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the agent hears the patient")
    call = agent.me["call"]
    await agent.verb("busy", cause="meal")
    await carrier.hang_up()
    await agent.state("wrap_up")
    with pytest.raises(RefusedError) as refused:
        await agent.write_up(business_type="promotion")
    assert refused.value.code == "business-type", "the queue has other types"
    await agent.write_up(business_type="return_visit")
    await until(lambda: state_of(center, at.ONE_PATIENT) == ("done", "reached"), 5, "the ticket is done")
    record = center.query("SELECT * FROM interaction WHERE id = :key", {"key": call})[0]
    assert (record["direction"], record["outcome"], record["queue_id"]) == ("outbound", "answered", AGENT_FIRST)
    assert (record["patient_id"], record["caller"]) == (1, str(TELEPHONE)), "it counts as the agent's outside call"
    assert center.segments(call)[0] == "wait"
    assert record["wait_ms"] >= 1000
    await center.recording(call)
    await second.hang_up()


@pytest.mark.req("ACD-5", "ACD-6")
async def test_queue_without_agents_offers_a_callback_before_it_sends_callers_away(
    center: Center, queues: None, caller: MakePhone, desk: MakeDesk
) -> None:
    board = await desk("manager", page="board")
    takes, declines = await caller("13950000021"), await caller("13950000022")
    await asyncio.gather(takes.dial(OFFERING_DID), declines.dial(OFFERING_DID))
    for patient, number in ((takes, "13950000021"), (declines, "13950000022")):
        await board.until(lambda number=number: board.call_of(number).get("asking") == "offer", 8, "she is asked")
        await until(lambda patient=patient: similarity(patient.heard(), "callback-offer") > LIKE, 15, "it is offered")
    await pressed(takes, board, "13950000021", "3", "confirm")
    await takes.press("1")
    await declines.press("5")
    await asyncio.gather(takes.ended(20), declines.ended(20))
    assert state_of(center, "13950000021") == ("waiting", "")
    assert (await center.interaction("13950000021"))["outcome"] == "callback"
    assert (await center.interaction("13950000022"))["outcome"] == "overflow"
    assert state_of(center, "13950000022") == ("waiting", ""), "in the list of missed calls"
    assert [tickets(center, number)[0]["kind"] for number in ("13950000021", "13950000022")] == ["callback", "missed"]


@pytest.mark.req("ACD-6")
async def test_patient_first_callback_to_another_number(
    center: Center, agent: DeskClient, carrier: Phone, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, board = await phone(TELEPHONE, answers=False), await desk("manager", page="board")
    patient = await caller("13950000003")
    keys = (("1", "confirm"), ("2", "type"), ("13950718263#", "confirm"))
    await asks(patient, board, "13950000003", PATIENT_FIRST_DID, keys=keys)
    assert state_of(center, "13950718263") == ("waiting", "")
    before = len(carrier.events)
    await agent.verb("ready")
    await carrier.rings(after=before)
    await agent.state("reserved")
    assert agent.call["called"] == "13950718263"
    await carrier.answer()
    await carrier.talks(after=before)
    await carrier.listen_anew()
    await until(lambda: loudness(carrier.heard(0.5)) > -40, 8, "the patient is told who calls")
    assert telephone.count("CALL_INCOMING") == 0
    await carrier.press("1")
    await telephone.rings()
    await telephone.answer()
    await until(lambda: tone_level(carrier.heard(0.5), 8000, AGENT_TONE) > -30, 8, "the patient hears the agent")
    await until(lambda: tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the agent hears the patient")
    await telephone.hang_up()
    await carrier.ended(after=before)
    await agent.state("wrap_up")
    await until(lambda: state_of(center, "13950718263") == ("done", "reached"), 5, "the ticket is done")


@pytest.mark.req("ACD-6")
async def test_patient_who_calls_again_takes_the_place_of_the_ticket(
    center: Center, agent: DeskClient, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(TELEPHONE)
    board = await desk("manager", page="board")
    first, second = await caller("13950000004"), await caller("13950000005")
    await asks(first, board, "13950000004", AGENT_FIRST_DID)
    await second.dial(AGENT_FIRST_DID)
    await waits(board, "13950000005")
    await first.dial(AGENT_FIRST_DID)
    await waits(board, "13950000004")
    await board.until(lambda: board.call_of("13950000004")["position"] == 1, 5, "she is before the second")
    await until(lambda: state_of(center, "13950000004") == ("cancelled", "called_again"), 5, "the ticket is closed")
    await agent.verb("ready")
    await agent.state("talking")
    assert agent.call["caller"] == "13950000004"
    await agent.verb("busy", cause="meal")
    await asyncio.gather(first.hang_up(), second.hang_up())


@pytest.mark.req("ACD-6", "HA-5")
async def test_callback_is_not_doubled_when_call_control_is_killed_before_dialling(
    center: Center,
    agent: DeskClient,
    carrier: Phone,
    caller: MakePhone,
    phone: MakePhone,
    desk: MakeDesk,
    announced: Announced,
) -> None:
    """Asterisk stands still, so the attempt is written down and the dialling has not happened when the end comes."""
    announced.add(r"hcc-desk\.service", r"asterisk.*(websocket|WebSocket|ARI|Stasis)", "connection to Asterisk")
    await phone(TELEPHONE)
    board = await desk("manager", page="board")
    patient = await caller("13950000006")
    await asks(patient, board, "13950000006", PATIENT_FIRST_DID)
    center.box.run("systemctl", "kill", "--signal=STOP", "asterisk.service")
    await agent.verb("ready")
    await until(lambda: state_of(center, "13950000006")[0] == "dialling", 5, "the attempt is written down")
    center.box.kill("hcc-desk.service")
    center.box.run("systemctl", "kill", "--signal=CONT", "asterisk.service")
    await agent.reconnect()

    def attempts() -> list[str]:
        key = tickets(center, "13950000006")[0]["id"]
        rows = center.query("SELECT result FROM callback_attempt WHERE callback_id = :key ORDER BY id", {"key": key})
        return [row["result"] for row in rows]

    await until(lambda: attempts() == ["cut"], 12, "the attempt is known to be broken off")
    before = len(carrier.events)
    await agent.verb("ready")
    await until(lambda: attempts() == ["cut", ""], 15, "the second attempt begins")
    await carrier.rings(after=before)
    await until(lambda: center.channels() == 1, 8, "one call to the patient, no more")
    await agent.verb("busy", cause="meal")
    await carrier.hang_up()
    await until(lambda: state_of(center, "13950000006")[0] == "waiting", 5, "she is tried again later")
    await agent.state("busy")
    await agent.verb("drop_callback", callback=tickets(center, "13950000006")[0]["id"], reason="试验")
    assert state_of(center, "13950000006") == ("cancelled", "by_hand")


@pytest.mark.req("ACD-6")
async def test_call_lost_while_waiting_is_called_back_from_the_list(
    center: Center, agent: DeskClient, carrier: Phone, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(TELEPHONE)
    board = await desk("manager", page="board")
    patient = await caller("13950000007")
    for _ in range(2):
        await patient.dial(AGENT_FIRST_DID)
        await waits(board, "13950000007")
        await patient.hang_up()
        await board.until(lambda: not board.call_of("13950000007"), 5, "the call is over")
    missed = await until(lambda: tickets(center, "13950000007"), 5, "the missed call is noted")
    await until(lambda: tickets(center, "13950000007")[0]["calls"] == 2, 5, "both are one entry")
    assert (missed[0]["kind"], missed[0]["state"]) == ("missed", "waiting")
    before = len(carrier.events)
    await agent.until(lambda: agent.queues[AGENT_FIRST]["callbacks"] >= 1, 5, "the desktop knows of it")
    await agent.verb("call_back", callback=missed[0]["id"])
    await carrier.rings(after=before)
    await carrier.answer()
    await agent.state("talking")
    await carrier.hang_up()
    await agent.state("wrap_up")
    await until(lambda: state_of(center, "13950000007") == ("done", "reached"), 5, "nothing is owed any more")


@pytest.mark.req("ACD-7")
async def test_patient_who_calls_back_reaches_the_agent_who_tried_to_reach_her(
    center: Center, agent: DeskClient, carrier: Phone, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    """Agent 21 has been idle longer and would be chosen; agent 22 tried, and later talked with her."""
    await asyncio.gather(phone(TELEPHONE), phone(8022))
    other = await desk("agent22")
    await other.work()
    before = len(carrier.events)
    await other.verb("dial", number="13950000008")
    await carrier.rings(after=before)
    await carrier.hang_up()
    await other.state("ready")
    await agent.verb("ready")
    await other.verb("busy", cause="meal")
    await other.verb("ready")
    for reason, did in (("tried", AGENT_FIRST_DID), ("talked", STICKY_BY_NUMBER_DID)):
        patient = await caller("13950000008")
        await patient.dial(did)
        await other.state("talking")
        assert other.call["sticky"]["kind"] == reason
        assert agent.me["state"] == "ready"
        await patient.hang_up()
        await other.state("wrap_up")
        await other.write_up()
        await other.state("ready")
    patient = await caller("13950000008")
    await patient.dial(FREE_FOR_ALL_DID)
    await agent.state("talking")
    assert agent.call["sticky"] is None, "the number has it switched off"
    await patient.hang_up()
    await agent.state("wrap_up")
    await agent.write_up()
    await agent.state("ready")
    await other.verb("busy", cause="meal")
    patient = await caller("13950000008")
    await patient.dial(AGENT_FIRST_DID)
    await agent.state("talking")
    await agent.verb("busy", cause="meal")
    await patient.hang_up()
