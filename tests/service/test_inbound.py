"""A patient calls and is helped: the whole path with independent telephones."""

import asyncio

import pytest

from tests import center as at
from tests.center import Center
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.sip.waiting import until
from tests.tones import read_wav, tone_level

WAIT = {"ivr", "wait", "ring"}


@pytest.mark.req("ACD-1", "CTI-1", "REC-1", "IVR-2", "PBX-1", "PBX-3", "PBX-5")
async def test_caller_presses_a_key_and_talks_to_an_agent(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone = await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    patient = await caller(at.ONE_PATIENT)
    await patient.dial(at.MENU_DID)
    await board.walked(at.ONE_PATIENT, "欢迎词")
    await patient.press("1")
    await telephone.talks(10)
    await agent.state("talking")
    assert agent.call["caller"] == at.ONE_PATIENT
    assert [known["name"] for known in agent.call["patients"]] == ["张三"]
    assert ["主菜单", "1"] in agent.call["path"]
    await until(lambda: tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the agent hears the caller")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "the caller hears the agent")
    await patient.hang_up()
    await telephone.ended()
    await agent.state("wrap_up")
    await agent.write_up(notes="预约成功")
    await agent.state("ready")
    record = await center.interaction(at.ONE_PATIENT)
    assert (record["outcome"], record["hung_up_by"], record["agent_id"]) == ("answered", "caller", 1)
    assert record["patient_id"] == 1
    kinds = center.segments(record["id"])
    assert set(kinds[:-1]) <= WAIT
    assert kinds[-1] == "talk"
    forms = center.query("SELECT * FROM wrap_up WHERE interaction_id = :key", {"key": record["id"]})
    assert [(form["notes"], form["agent_id"]) for form in forms] == [("预约成功", 1)]
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > -35 > tone_level(left, rate, AGENT_TONE)
    assert tone_level(right, rate, AGENT_TONE) > -35 > tone_level(right, rate, CALLER_TONE)


async def test_agent_hangs_up(center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    patient = await caller("13900000001")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await telephone.hang_up()
    await patient.ended()
    await agent.state("wrap_up")
    record = await center.interaction("13900000001")
    assert (record["outcome"], record["hung_up_by"]) == ("answered", "agent")


@pytest.mark.req("IVR-7")
async def test_zero_during_the_greeting_reaches_a_person(caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    telephone, agent = await phone(8003, answers=False), await desk("agent3")
    await agent.work()
    patient = await caller("13900000002")
    await patient.dial(at.MENU_DID)
    await patient.talks()
    await patient.press("0")
    await telephone.rings(5)
    await agent.state("ringing", "reserved")
    assert agent.call["queue"] == at.OPERATOR
    await telephone.answer()
    await agent.state("talking")


async def test_wrong_key_and_silence_are_told_and_then_reach_a_person(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    patient = await caller("13900000003")
    await patient.dial(at.MENU_DID)
    await board.walked("13900000003", "欢迎词")
    await patient.press("9")
    await agent.state("talking", seconds=30)
    assert ["主菜单", "timeout"] in agent.call["path"]
    assert agent.call["queue"] == at.OPERATOR
    await patient.hang_up()
    await agent.state("wrap_up")
    assert (await center.interaction("13900000003"))["outcome"] == "answered"


@pytest.mark.req("IVR-4")
async def test_outside_working_hours_the_caller_is_told_and_the_call_ends(center: Center, caller: MakePhone) -> None:
    patient = await caller("13900000004")
    await patient.dial(at.CLOSED_DID)
    await patient.talks()
    await patient.ended(25)
    record = await center.interaction("13900000004")
    assert (record["outcome"], record["hung_up_by"]) == ("self-service", "system")


@pytest.mark.req("IVR-2", "REC-1")
async def test_digits_are_collected_but_stand_in_no_record(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller("13900000005")
    await patient.dial(at.DIGITS_DID)
    await patient.talks()
    await patient.press("472819#")
    await agent.state("talking", seconds=10)
    await patient.hang_up()
    await agent.state("wrap_up")
    record = await center.interaction("13900000005")
    assert "472819" not in str(record)
    assert "472819" not in center.box.journal_text(since="-30 seconds")


async def test_number_out_of_service_is_announced(center: Center, caller: MakePhone, announced: Announced) -> None:
    announced.add("not in service")
    patient = await caller("13900000006")
    await patient.dial(at.UNKNOWN_DID)
    await patient.talks()
    await patient.ended(20)
    assert len(patient.heard()) > 8000
    assert (await center.interaction("13900000006"))["outcome"] == "unknown-number"


async def test_did_of_an_extension_rings_it(center: Center, caller: MakePhone, phone: MakePhone) -> None:
    telephone = await phone(at.SPARE)
    patient = await caller("13900000007")
    await patient.dial(at.EXTENSION_DID)
    await asyncio.gather(patient.talks(), telephone.talks())
    await until(lambda: tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the extension hears the caller")
    await patient.hang_up()
    await telephone.ended()
    assert (await center.interaction("13900000007"))["outcome"] == "answered"


@pytest.mark.parametrize(("did", "name"), [(at.NOBODY_DID, "nobody"), (at.HASTY_DID, "too_long")])
@pytest.mark.req("ACD-5")
async def test_queue_that_cannot_help_says_so_and_ends_the_call(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, did: str, name: str
) -> None:
    await phone(8003)
    agent = await desk("agent3")
    await agent.work()
    await agent.verb("busy", cause="meal")
    number = f"1390000010{len(name)}"
    patient = await caller(number)
    await patient.dial(did)
    await patient.ended(25)
    record = await center.interaction(number)
    assert (record["outcome"], record["hung_up_by"]) == ("overflow", "system")
    assert center.query("SELECT result FROM segment WHERE interaction_id = :key", {"key": record["id"]}).count(
        {"result": name}
    )


@pytest.mark.req("ACD-3", "VIP-1")
async def test_vip_is_served_before_those_who_came_first(caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await phone(8001)
    await agent.work()
    await agent.verb("busy", cause="meal")
    first, second, third = await caller("13900000008"), await caller("13900000009"), await caller(at.VIP_PATIENT)
    for patient, number in ((first, "13900000008"), (second, "13900000009"), (third, at.VIP_PATIENT)):
        await patient.dial(at.QUEUE_DID)
        await board.until(lambda number=number: board.call_of(number).get("phase") == "waiting", 5, f"{number} waits")
    numbers = ("13900000008", "13900000009", at.VIP_PATIENT)
    await board.until(lambda: [board.call_of(number)["position"] for number in numbers] == [2, 3, 1], 5, "VIP is first")
    order = []
    for patient in (third, first, second):
        await agent.verb("ready")
        await agent.state("talking")
        order.append(agent.call["caller"])
        await patient.hang_up()
        await agent.state("wrap_up")
        await agent.verb("busy", cause="meal")
        await agent.write_up()
    assert order == [at.VIP_PATIENT, "13900000008", "13900000009"]


@pytest.mark.req("CTI-1")
async def test_two_patients_on_one_number_are_both_shown_and_one_is_chosen(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller(at.TWO_PATIENTS)
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    assert {known["name"] for known in agent.call["patients"]} == {"李四", "李小四"}
    assert agent.call["patient_id"] is None
    chosen = next(known["id"] for known in agent.call["patients"] if known["name"] == "李小四")
    await agent.verb("choose_patient", patient_id=chosen)
    await patient.hang_up()
    await agent.state("wrap_up")
    assert (await center.interaction(at.TWO_PATIENTS))["patient_id"] == chosen
