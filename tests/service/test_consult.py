"""Asking somebody in private, and what comes of it; proven by who hears whose tone."""

import asyncio
from collections.abc import Callable

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient, RefusedError
from tests.service.conftest import AGENT_TONE, CALLER_TONE, MakeDesk, MakePhone
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import loudness, read_wav, tone, tone_level

ASKED_TONE = 1000.0
"""What the one who is asked hums."""

CLEAR, GONE = -30, -50


async def hears(phone: Phone, hertz: float, seconds: float = 5.0) -> None:
    await until(lambda: tone_level(phone.heard(0.4), 8000, hertz) > CLEAR, seconds, f"{phone.number} hears {hertz}")


async def deaf(phone: Phone, *tones: float, seconds: float = 5.0) -> None:
    """Until the telephone hears none of the tones."""
    silent: Callable[[], bool] = lambda: all(tone_level(phone.heard(0.4), 8000, one) < GONE for one in tones)  # noqa: E731
    await until(silent, seconds, f"{phone.number} does not hear {tones}")


async def talking(caller: MakePhone, phone: MakePhone, desk: MakeDesk, number: str) -> tuple[Phone, Phone, DeskClient]:
    """A patient who talks with agent 1."""
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    patient = await caller(number)
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await hears(patient, AGENT_TONE)
    return patient, telephone, agent


@pytest.mark.req("CTI-2", "CTI-3")
async def test_consult_is_private_and_completed_with_the_record(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    asked = await phone(8005, says=tone(ASKED_TONE, 120))
    colleague = await desk("agent5")
    await colleague.work()
    patient, telephone, agent = await talking(caller, phone, desk, at.ONE_PATIENT)
    await agent.verb("note", notes="药名没听清", business_type="consultation")
    await agent.verb("consult", target="1005")
    await hears(telephone, ASKED_TONE)
    await hears(asked, AGENT_TONE)
    await deaf(patient, AGENT_TONE, ASKED_TONE)
    assert loudness(patient.heard(0.4)) > -60, "the customer hears music"
    assert tone_level(telephone.heard(0.4), 8000, CALLER_TONE) < GONE
    shown = colleague.call
    assert [known["name"] for known in shown["patients"]] == ["张三"]
    assert (shown["consult"]["by_name"], shown["consult"]["state"]) == ("坐席1", "talking")
    assert shown["draft"]["notes"] == "药名没听清"

    await agent.verb("swap")
    await asyncio.gather(hears(patient, AGENT_TONE), deaf(asked, AGENT_TONE), deaf(telephone, ASKED_TONE))
    await agent.verb("swap")
    await asyncio.gather(hears(asked, AGENT_TONE), deaf(patient, AGENT_TONE))

    await agent.verb("complete")
    await agent.state("wrap_up")
    await asyncio.gather(hears(patient, ASKED_TONE), hears(asked, CALLER_TONE))
    assert colleague.me["state"] == "talking"
    assert colleague.call["draft"]["notes"] == "药名没听清"
    await patient.hang_up()
    await colleague.state("wrap_up")
    record = await center.interaction(at.ONE_PATIENT)
    assert record["agent_id"] == 5
    kinds = center.segments(record["id"])
    assert (kinds.count("talk"), kinds.count("consult")) == (3, 1)
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > CLEAR
    assert min(tone_level(right, rate, one) for one in (AGENT_TONE, ASKED_TONE)) > -45, "both talks are recorded"


@pytest.mark.req("CTI-2")
async def test_customer_is_back_when_the_target_refuses_hangs_up_or_is_cancelled(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    refusing = await phone(at.SPARE, answers=False, says=tone(ASKED_TONE, 120))
    patient, telephone, agent = await talking(caller, phone, desk, "13910000101")
    await agent.verb("consult", target=str(at.SPARE))
    await refusing.rings()
    await deaf(patient, AGENT_TONE)
    with pytest.raises(RefusedError) as refused:
        await agent.verb("merge")
    assert refused.value.code == "rings-still"
    await refusing.hang_up()
    await asyncio.gather(hears(patient, AGENT_TONE), hears(telephone, CALLER_TONE))
    assert agent.me["state"] == "talking"

    await agent.verb("consult", target=str(at.SPARE))
    await refusing.rings(after=len(refusing.events))
    await refusing.answer()
    await hears(telephone, ASKED_TONE)
    await refusing.hang_up()
    await asyncio.gather(hears(patient, AGENT_TONE), hears(telephone, CALLER_TONE))

    await agent.verb("consult", target=str(at.SPARE))
    await refusing.rings(after=len(refusing.events))
    await agent.verb("cancel_consult")
    await refusing.ended(after=len(refusing.events) - 1)
    await asyncio.gather(hears(patient, AGENT_TONE), hears(telephone, CALLER_TONE))


@pytest.mark.req("CTI-2", "ACD-8")
async def test_agent_hangs_up_while_she_asks_and_nobody_loses_the_customer(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    """The target talks: it takes over. The target only rings: the customer is the first in the queue again."""
    asked = await phone(at.SPARE, answers=False, says=tone(ASKED_TONE, 120))
    patient, telephone, agent = await talking(caller, phone, desk, "13910000102")
    await agent.verb("consult", target=str(at.SPARE))
    await asked.rings()
    await telephone.hang_up()
    await agent.state("wrap_up")
    await asked.ended()
    await agent.write_up()
    await agent.state("talking")
    await hears(patient, AGENT_TONE)

    await agent.verb("consult", target=str(at.SPARE))
    await asked.rings(after=len(asked.events))
    await asked.answer()
    await hears(telephone, ASKED_TONE)
    await telephone.hang_up()
    await asyncio.gather(hears(patient, ASKED_TONE), hears(asked, CALLER_TONE))
    await patient.hang_up()
    await asked.ended(after=len(asked.events) - 1)
    assert (await center.interaction("13910000102"))["outcome"] == "answered"


@pytest.mark.req("CTI-2", "ACD-8")
async def test_customer_hangs_up_while_a_queue_is_asked(caller: MakePhone, phone: MakePhone, desk: MakeDesk) -> None:
    """Asking a queue rings its next agent; the end of the call ends that too, and the colleague owes nothing."""
    ringing = await phone(8005, answers=False)
    colleague = await desk("agent5")
    await colleague.work()
    patient, telephone, agent = await talking(caller, phone, desk, "13910000103")
    await agent.verb("consult", target="7003")
    await ringing.rings()
    await colleague.state("ringing")
    assert colleague.call["consult"]["state"] == "ringing"
    await patient.hang_up()
    await asyncio.gather(ringing.ended(), telephone.ended())
    await colleague.state("ready")
    await agent.state("wrap_up")


@pytest.mark.req("CTI-2", "ACD-8")
async def test_patient_who_was_passed_on_is_not_lost_when_the_colleague_hangs_up_while_it_rings(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    """On the screen: the patient is the first in the queue again. No form is owed, nor when the patient gives up."""
    ringing, colleague = await phone(8005, answers=False), await desk("agent5")
    await colleague.work()
    patient, _telephone, agent = await talking(caller, phone, desk, "13910000110")
    await agent.verb("transfer", target="1005")
    await ringing.rings()
    await agent.write_up()
    await colleague.verb("hang_up")
    await asyncio.gather(colleague.state("ready"), ringing.ended())
    await agent.state("talking")
    await hears(patient, AGENT_TONE)
    await agent.verb("transfer", target="1005")
    await ringing.rings(after=len(ringing.events))
    await patient.hang_up()
    await asyncio.gather(colleague.state("ready"), ringing.ended(after=len(ringing.events) - 1))
