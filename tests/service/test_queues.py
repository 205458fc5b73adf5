"""What queues do with callers: several telephones at once, steps, the expected wait, a rating."""

import asyncio
import re

import pytest

from appliance.callcenter.prompts.catalogue import queue_wait
from tests import center as at
from tests.center import Center
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.sip.waiting import until
from tests.sound_match import similarity
from tests.tones import loudness, read_wav, tone_level

LIKE = 0.6
"""Heard announcements are at least so similar to their sound."""

DESK_RESTARTS = (r"hcc-desk\.service", r"asterisk.*(websocket|WebSocket|ARI|Stasis)")


@pytest.mark.req("ACD-5")
async def test_steps_say_something_and_then_send_the_caller_to_another_queue(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8004, answers=False)
    await phone(8001)
    absent, agent, board = await desk("agent4"), await desk("agent1"), await desk("manager", page="board")
    await absent.work()
    await absent.verb("busy", cause="meal")
    await agent.work()
    patient = await caller("13920000003")
    await patient.dial(at.SENDING_ON_DID)
    await board.until(lambda: board.call_of("13920000003").get("queue") == at.SENDING_ON, 5, "she waits in the first")
    began = board.call_of("13920000003")["waiting_since"]
    await agent.state("talking", seconds=12)
    assert agent.call["waiting_since"] == began, "the age goes along"
    await patient.hang_up()
    await agent.state("wrap_up")
    record = await center.interaction("13920000003")
    assert (record["queue_id"], record["outcome"]) == (at.BOOKING, "answered")
    waits = center.query(
        "SELECT queue_id, result FROM segment WHERE interaction_id = :key AND kind = 'wait' ORDER BY id",
        {"key": record["id"]},
    )
    assert waits[0] == {"queue_id": at.SENDING_ON, "result": "too_long"}
    assert "step 0 of queue 8: Announce" in center.box.journal_text(since="-30 seconds")


@pytest.mark.req("ACD-1")
async def test_all_telephones_of_a_queue_ring_and_who_answers_first_has_the_call(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    phones = [await phone(8000 + number, answers=False) for number in (1, 2, 3)]
    agents = [await desk(f"agent{number}") for number in (1, 2, 3)]
    for agent in agents:
        await agent.work()
    patient = await caller("13920000001")
    await patient.dial(at.TOGETHER_DID)
    await asyncio.gather(*(telephone.rings() for telephone in phones))
    await agents[2].verb("reject")
    await agents[2].state("not_answering")
    await phones[1].answer()
    await agents[1].state("talking")
    await asyncio.gather(phones[0].ended(), phones[2].ended())
    await agents[0].state("ready")
    assert (agents[1].call["caller"], agents[1].call["agent"]) == ("13920000001", 2)
    await patient.hang_up()
    await agents[1].state("wrap_up")
    record = await center.interaction("13920000001")
    assert (record["agent_id"], record["outcome"], record["queue_id"]) == (2, "answered", at.TOGETHER)
    assert center.segments(record["id"])[-2:] == ["ring", "talk"]


@pytest.mark.req("ACD-1", "HA-5")
async def test_telephones_that_ring_together_ring_on_when_call_control_is_killed(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    phones = [await phone(8000 + number, answers=False) for number in (1, 2)]
    agents = [await desk(f"agent{number}") for number in (1, 2)]
    for agent in agents:
        await agent.work()
    patient = await caller("13920000002")
    await patient.dial(at.TOGETHER_DID)
    await asyncio.gather(*(telephone.rings() for telephone in phones))
    await agents[0].state("ringing")
    await center.stored(agents[0].me["call"], "ringing")
    center.box.kill("hcc-desk.service")
    await asyncio.gather(*(agent.reconnect() for agent in agents))
    await asyncio.gather(*(agent.until(lambda agent=agent: agent.pbx, 5, "back at Asterisk") for agent in agents))
    assert [telephone.count("CALL_CLOSED") for telephone in phones] == [0, 0], "they ring on"
    await phones[0].answer()
    await agents[0].state("talking")
    await phones[1].ended()
    await agents[1].state("ready")
    await patient.hang_up()
    await agents[0].state("wrap_up")


@pytest.mark.req("ACD-4")
async def test_caller_hears_place_and_expected_wait_and_a_key_cuts_it_short(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    first, second = await caller("13920000004"), await caller("13920000005")
    await first.dial(at.QUEUE_DID)
    await agent.state("talking")
    await second.dial(at.QUEUE_DID)
    await board.until(lambda: board.call_of("13920000005").get("position") == 1, 5, "she waits")
    wait = "expected_wait_seconds"
    await board.until(lambda: board.call_of("13920000005")[wait] is not None, 5, "a wait is known")
    seconds = board.call_of("13920000005")[wait]
    await board.until(lambda: (board.queues[at.BOOKING][wait] or 0) >= seconds, 5, "who comes now waits no less")
    said = queue_wait(seconds).key
    await until(lambda: similarity(second.heard(), "queue-next") > LIKE, 10, "the place is said")
    await until(lambda: similarity(second.heard(), said) > LIKE, 10, f"{said} is said")
    await second.hang_up()
    await first.hang_up()
    third = await caller("13920000006")
    await agent.state("wrap_up")
    await agent.verb("busy", cause="meal")
    await third.dial(at.QUEUE_DID)
    await board.until(lambda: board.call_of("13920000006").get("position") == 1, 5, "she waits")
    await until(lambda: loudness(third.heard(0.5)) > -40, 5, "something is said")
    before = center.box.run("date", "+%Y-%m-%d %H:%M:%S.%6N").strip()
    await third.press("5")
    cut = r"Playback stopped for sound:\S*queue-next"
    await until(lambda: re.search(cut, center.box.journal_text(since=before)), 5, "it is cut short")


@pytest.mark.req("ACD-9")
async def test_caller_is_told_the_agent_number_and_no_word_is_lost(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8004), await desk("agent4")
    await agent.work()
    patient = await caller("13920000007")
    await patient.dial(at.SENDING_ON_DID)
    await agent.state("talking")
    await until(lambda: tone_level(patient.heard(0.3), 8000, AGENT_TONE) > -30, 2, "she is heard while it is said")
    for key in ("number-of-agent", "digit-4", "agent-at-service"):
        await until(
            lambda key=key: similarity(patient.heard(), key, without_hertz=AGENT_TONE) > LIKE, 8, f"{key} is said"
        )
    assert tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30
    await patient.hang_up()
    await agent.state("wrap_up")


@pytest.mark.req("ACD-9")
async def test_caller_rates_the_call_while_the_agent_goes_on(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    telephone = await phone(8004)
    agent, board = await desk("agent4"), await desk("manager", page="board")
    await agent.work()
    patient = await caller("13920000008")
    await patient.dial(at.SENDING_ON_DID)
    await agent.state("talking")
    call = agent.me["call"]
    await until(lambda: tone_level(telephone.heard(0.3), 8000, CALLER_TONE) > -30, 5, "they talk")
    await telephone.hang_up()
    await agent.state("wrap_up")
    await agent.write_up()
    await agent.state("ready")
    assert board.calls[call]["phase"] == "rating"
    await until(lambda: similarity(patient.heard(), "rating-ask") > LIKE, 15, "she is asked")
    await center.stored(call, "rating")
    center.box.kill("hcc-desk.service")
    await asyncio.gather(agent.reconnect(), board.reconnect())
    await board.until(lambda: board.pbx, 5, "back at Asterisk")
    await patient.press("7")
    await patient.press("4")
    await patient.ended(15)
    record = await center.interaction("13920000008")
    assert (record["rating"], record["outcome"], record["hung_up_by"]) == (4, "answered", "agent")
    assert set(center.segments(record["id"])) >= {"talk", "rating", "wrap"}
    sound, rate = read_wav(await center.recording(record["id"]))
    assert len(sound[0]) / rate < record["talk_ms"] / 1000 + 2, "the rating is not recorded"


@pytest.mark.req("ACD-9")
async def test_caller_who_hangs_up_instead_gave_no_rating(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8004)
    agent, board = await desk("agent4"), await desk("manager", page="board")
    await agent.work()
    patient = await caller("13920000009")
    await patient.dial(at.SENDING_ON_DID)
    await agent.state("talking")
    await agent.verb("hang_up")
    await agent.state("wrap_up")
    await board.until(lambda: board.call_of("13920000009").get("phase") == "rating", 5, "she is asked")
    await patient.hang_up()
    record = await center.interaction("13920000009")
    assert (record["rating"], record["outcome"], record["hung_up_by"]) == (None, "answered", "agent")
