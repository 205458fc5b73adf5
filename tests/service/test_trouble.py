"""Programs die in mid-call. What must go on goes on, what was cut is marked so, and everybody recovers by himself."""

import asyncio
import time

import pytest

from tests import center as at
from tests.center import Center
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.sip.waiting import PATIENCE, until
from tests.tones import longest_gap, loudness, tone_level

DESK_RESTARTS = (r"hcc-desk\.service", r"asterisk.*(websocket|WebSocket|ARI|Stasis)")
ASTERISK_RESTARTS = (
    r"asterisk\.service",
    r"(no connection|connection) to Asterisk",
    r"python: .*(not connected|connection lost)",
    # A request that comes while Asterisk loads its modules.
    r"asterisk: .*registered during operation",
)


@pytest.mark.req("HA-5")
async def test_talk_goes_on_without_a_gap_when_call_control_is_killed(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    patient = await caller("13940000001")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk")
    call = agent.me["call"]
    await center.stored(call, "talking")
    center.box.kill("hcc-desk.service")
    killed = time.monotonic()
    away = await agent.reconnect()
    await agent.until(lambda: agent.pbx, 5, "call control is back at Asterisk")
    assert time.monotonic() - killed < 5 * PATIENCE, "back within 5 s"
    print(f"call control back after {away:.1f} s")
    await agent.until(lambda: agent.me["state"] == "talking", 2, "it knows the talk")
    assert agent.me["call"] == call
    await asyncio.sleep(0.5)
    for who, hertz in ((patient, AGENT_TONE), (telephone, CALLER_TONE)):
        assert longest_gap(who.heard(4.0), 8000, hertz) < 0.2, "the sound had a gap"
    await agent.verb("hold")
    await agent.state("holding")
    await agent.verb("unhold")
    await agent.state("talking")
    await patient.hang_up()
    await telephone.ended()
    await agent.state("wrap_up")
    record = await center.interaction("13940000001")
    assert (record["id"], record["outcome"], record["hung_up_by"]) == (call, "answered", "caller")
    await center.recording(record["id"])


@pytest.mark.req("HA-5")
async def test_caller_keeps_place_when_call_control_is_killed(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    await agent.verb("busy", cause="meeting")
    numbers = ["13940000002", "13940000003", "13940000004"]
    patients = [await caller(number) for number in numbers]
    for number, patient in zip(numbers, patients, strict=True):
        await patient.dial(at.QUEUE_DID)
        await board.until(lambda number=number: board.call_of(number).get("phase") == "waiting", 8, "in the queue")
    await center.stored(board.call_of(numbers[-1])["id"], "waiting")
    center.box.kill("hcc-desk.service")
    await asyncio.gather(agent.reconnect(), board.reconnect())
    await board.until(
        lambda: [board.call_of(number).get("position") for number in numbers] == [1, 2, 3], 5, "all places are kept"
    )
    assert (agent.me["state"], agent.me["cause"]) == ("busy", "meeting")
    await agent.verb("ready")
    await agent.state("talking")
    assert agent.call["caller"] == numbers[0]
    for patient in patients:
        await patient.hang_up()


@pytest.mark.req("HA-5")
@pytest.mark.parametrize("away_seconds", [0.0, 0.17, 0.34])
async def test_callers_who_came_while_call_control_was_away_are_taken_in_their_order(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk, center: Center, announced: Announced, away_seconds: float
) -> None:
    """The dialplan asks for call control twice a second, for each caller at other instants."""
    announced.add(*DESK_RESTARTS)
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    await agent.verb("busy", cause="meeting")
    numbers = ["13940000011", "13940000012", "13940000013"]
    patients = [await caller(number) for number in numbers]
    center.box.run("systemctl", "stop", "hcc-desk.service")
    for patient in patients:
        await patient.dial(at.QUEUE_DID)
        await asyncio.sleep(0.1)
    await asyncio.sleep(away_seconds)
    center.box.run("systemctl", "start", "hcc-desk.service")
    await asyncio.gather(agent.reconnect(), board.reconnect())
    await board.until(
        lambda: [board.call_of(number).get("position") for number in numbers] == [1, 2, 3], 8, "all are in their order"
    )
    for patient in patients:
        await patient.hang_up()


async def test_caller_in_the_menu_hears_it_again_when_call_control_is_killed(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    patient = await caller("13940000005")
    await patient.dial(at.MENU_DID)
    await board.walked("13940000005", "欢迎词")
    await center.stored(board.call_of("13940000005")["id"], "flow", node="menu")
    center.box.kill("hcc-desk.service")
    await asyncio.gather(agent.reconnect(), board.reconnect())
    await board.until(lambda: board.pbx and board.call_of("13940000005"), 5, "the call is known")
    await patient.listen_anew()
    await until(lambda: loudness(patient.heard(0.5)) > -40, 5, "the menu is said again")
    await patient.press("1")
    await agent.state("talking", seconds=5)


async def test_hang_up_while_call_control_is_away_is_noticed(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller("13940000006")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await center.stored(agent.me["call"], "talking")
    center.box.kill("hcc-desk.service")
    await patient.hang_up()
    await agent.reconnect()
    await agent.state("wrap_up", "busy")
    record = await center.interaction("13940000006")
    assert record["outcome"] == "answered"


@pytest.mark.req("HA-2")
async def test_asterisk_killed_in_a_talk_marks_the_call_cut_and_everybody_recovers(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*ASTERISK_RESTARTS)
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    patient = await caller("13940000007")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk")
    center.box.kill("asterisk.service")
    killed = time.monotonic()
    await agent.until(lambda: not agent.pbx, 5, "the screen says that the telephone system is away")
    await agent.until(lambda: agent.pbx, 10, "the telephone system is back")
    back = time.monotonic()
    print(f"Asterisk back after {back - killed:.1f} s")
    await agent.state("wrap_up", "busy", seconds=10)
    assert time.monotonic() - back < 10 * PATIENCE
    record = await center.interaction("13940000007")
    assert record["outcome"] == "cut"
    await center.recording(record["id"])
    await agent.write_up(outcome="follow_up")
    # The telephones do not know that the talk is over; they hang up, register anew, and the next call works.
    await asyncio.gather(patient.hang_up(), telephone.hang_up())
    await telephone.stop()
    await phone(8001)
    await agent.until(lambda: agent.me["phone_online"], 15, "the telephone is back")
    if agent.me["state"] != "ready":
        await agent.verb("ready")
    await agent.state("ready")
    again = await caller("13940000008")
    await again.dial(at.QUEUE_DID)
    await agent.state("talking", seconds=10)


async def test_caller_without_call_control_hears_the_announcement_and_reaches_the_duty_telephones(
    center: Center, caller: MakePhone, phone: MakePhone, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    duty = await phone(at.DUTY)
    center.box.run("systemctl", "stop", "hcc-desk.service")
    try:
        patient = await caller("13940000009")
        await patient.dial(at.MENU_DID)
        await duty.talks(25)
        await until(lambda: tone_level(duty.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the duty telephone hears her")
        await patient.hang_up()
        await duty.ended()
        assert "call of 13940000009 without call control" in center.box.journal_text(since="-2 min")
    finally:
        center.box.run("systemctl", "start", "hcc-desk.service", timeout=30)
        await center.ready()


@pytest.mark.req("AGT-3")
async def test_second_tab_takes_over_visibly_and_can_give_back(desk: MakeDesk, phone: MakePhone) -> None:
    await phone(8001)
    first = await desk("agent1")
    await first.work()
    assert first.me["tab"] == first.tab
    second = await desk("agent1")
    assert second.me["tab"] == first.tab, "a second tab takes nothing by itself"
    await second.verb("take_over", tab=second.tab)
    await first.until(lambda: first.me["tab"] == second.tab, 5, "the first tab is told that it lost the desk")
    await second.until(lambda: second.me["tab"] == second.tab, 5, "the second tab owns the desk")
    assert second.me["state"] == "ready", "her state does not change by it"


@pytest.mark.req("AGT-3")
async def test_reload_in_a_talk_shows_the_same_call(caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller(at.ONE_PATIENT)
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    call = agent.call
    await agent.disconnect()
    reloaded = await desk("agent1")
    assert reloaded.me["state"] == "talking"
    assert reloaded.call["id"] == call["id"]
    assert reloaded.call["patients"] == call["patients"]
    await patient.hang_up()
    await reloaded.state("wrap_up")
    await agent.connect()
