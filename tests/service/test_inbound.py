"""A patient calls and is helped: the whole path with independent telephones."""

import pytest

from tests.center import MENU_DID, ONE_PATIENT, QUEUE_DID, Center
from tests.service.conftest import AGENT_TONE, CALLER_TONE, MakeDesk, MakePhone
from tests.sip.waiting import until
from tests.tones import read_wav, tone_level


@pytest.mark.req("ACD-1", "CTI-1", "REC-1", "IVR-2", "PBX-1", "PBX-3")
async def test_caller_presses_a_key_and_talks_to_an_agent(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone = await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    board = await desk("manager", page="board")
    patient = await caller(ONE_PATIENT)
    await patient.dial(MENU_DID)
    await board.walked(ONE_PATIENT, "欢迎词")
    await patient.press("1")
    await telephone.talks(10)
    await agent.state("talking")
    assert agent.call["caller"] == ONE_PATIENT
    assert [known["name"] for known in agent.call["patients"]] == ["张三"]
    assert [step[1] for step in agent.call["path"]][-1] == "1"
    await until(lambda: tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the agent hears the caller")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "the caller hears the agent")
    await patient.hang_up()
    await telephone.ended()
    await agent.state("wrap_up")
    await agent.write_up(notes="预约成功")
    await agent.state("ready")
    record = await center.interaction(ONE_PATIENT)
    assert (record["outcome"], record["hung_up_by"], record["agent_id"]) == ("answered", "caller", 1)
    assert center.segments(record["id"])[:2] == ["ivr", "wait"]
    sides, rate = read_wav(await center.recording(record["id"]))
    left, right = sides
    assert tone_level(left, rate, CALLER_TONE) > -35 > tone_level(left, rate, AGENT_TONE)
    assert tone_level(right, rate, AGENT_TONE) > -35 > tone_level(right, rate, CALLER_TONE)


async def test_agent_hangs_up(center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    telephone = await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller("13900000001")
    await patient.dial(QUEUE_DID)
    await agent.state("talking")
    await telephone.hang_up()
    await patient.ended()
    await agent.state("wrap_up")
    record = await center.interaction("13900000001")
    assert (record["outcome"], record["hung_up_by"]) == ("answered", "agent")
