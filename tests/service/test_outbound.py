"""Agents call patients: by a click, and on the telephone."""

import asyncio

import pytest

from tests import center as at
from tests.center import Center
from tests.service.conftest import AGENT_TONE, CALLER_TONE, MakeDesk, MakePhone
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import read_wav, tone_level


@pytest.mark.req("CTI-1", "CTI-2", "REC-1")
async def test_click_to_dial_shows_the_patient_and_is_recorded(
    center: Center, carrier: Phone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    before = len(carrier.events)
    await agent.verb("dial", number=at.ONE_PATIENT)
    await telephone.talks()
    await agent.until(lambda: agent.call.get("patients"), 5, "the patient is on the screen")
    assert agent.call["patients"][0]["name"] == "张三"
    await carrier.rings(after=before)
    await carrier.answer()
    await until(lambda: tone_level(carrier.heard(0.5), 8000, AGENT_TONE) > -30, 8, "the patient hears the agent")
    await until(lambda: tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the agent hears the patient")
    await telephone.hang_up()
    await carrier.ended(after=before)
    await agent.state("wrap_up")
    await agent.write_up(business_type="return_visit")
    await agent.state("ready")
    record = await center.interaction("8001")
    assert (record["direction"], record["called"], record["outcome"]) == ("outbound", at.ONE_PATIENT, "answered")
    assert (record["patient_id"], record["agent_id"]) == (1, 1)
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > -35 > tone_level(left, rate, AGENT_TONE)
    assert tone_level(right, rate, AGENT_TONE) > -35 > tone_level(right, rate, CALLER_TONE)


@pytest.mark.req("CTI-1", "PBX-1")
async def test_number_dialled_on_the_telephone_goes_out_and_is_shown(
    carrier: Phone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    before = len(carrier.events)
    await telephone.dial(at.TWO_PATIENTS)
    await agent.state("talking")
    await agent.until(lambda: len(agent.call.get("patients", ())) == 2, 5, "the patients are on the screen")
    await carrier.rings(after=before)
    await carrier.answer()
    await until(lambda: tone_level(carrier.heard(0.5), 8000, AGENT_TONE) > -30, 8, "the patient hears the agent")
    await carrier.hang_up()
    await telephone.ended()
    await agent.state("wrap_up")


async def test_patient_who_refuses_leaves_nothing_behind(
    center: Center, carrier: Phone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    before = len(carrier.events)
    await agent.verb("dial", number="13920000001")
    await carrier.rings(after=before)
    await carrier.hang_up()
    await telephone.ended(15)
    await agent.state("ready", "wrap_up")
    assert (await center.interaction("8001"))["outcome"] in {"busy", "rejected"}


async def test_agent_gives_up_while_it_rings_outside(
    center: Center, carrier: Phone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    before = len(carrier.events)
    await agent.verb("dial", number="13920000002")
    await carrier.rings(after=before)
    await agent.verb("hang_up")
    await asyncio.gather(carrier.ended(after=before), telephone.ended())
    await agent.state("ready")
    assert (await center.interaction("8001"))["outcome"] == "no-answer"


@pytest.mark.req("CTI-2")
async def test_blind_transfer_to_an_outside_number(
    carrier: Phone, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller("13920000004")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    before = len(carrier.events)
    await agent.verb("transfer", target="13920000005")
    await carrier.rings(after=before)
    await carrier.answer()
    await agent.state("wrap_up")
    await carrier.listen_anew()
    await until(
        lambda: tone_level(carrier.heard(0.5), 8000, CALLER_TONE) > -30, 8, "the outside party hears the caller"
    )
    await patient.hang_up()
    await carrier.ended(after=before)


async def test_click_to_dial_with_a_telephone_that_is_off(center: Center, phone: MakePhone, desk: MakeDesk) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    telephone.kill()
    await agent.verb("dial", number="13920000003")
    await agent.state("talking")
    await agent.state("ready", "busy", seconds=40)
    await center.nothing_left()
    assert (await center.interaction("8001"))["outcome"] != "answered"
