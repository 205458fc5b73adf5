"""More than two in one talk, the pause of the recording, help, and agents at a number outside."""

import asyncio

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import RefusedError
from tests.service.conftest import AGENT_TONE, CALLER_TONE, MakeDesk, MakePhone
from tests.service.test_consult import ASKED_TONE, GONE, deaf, hears, talking
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import read_wav, tone, tone_level

OUTSIDE_TONE = 1300.0


@pytest.mark.req("CTI-2", "REC-1")
async def test_conference_of_four_with_mute_drop_and_leave(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, carrier: Phone
) -> None:
    expert = await phone(8005, says=tone(ASKED_TONE, 120))
    colleague = await desk("agent5")
    await colleague.work()
    await carrier.say(tone(OUTSIDE_TONE, 120))
    seen = len(carrier.events)
    patient, telephone, agent = await talking(caller, phone, desk, "13910000201")
    await agent.verb("consult", target="1005")
    await hears(telephone, ASKED_TONE)
    await agent.verb("merge")
    await asyncio.gather(hears(patient, ASKED_TONE), hears(patient, AGENT_TONE), hears(expert, CALLER_TONE))
    outside = (await agent.verb("invite", target="13912340001"))["party"]
    await carrier.rings(after=seen)
    await carrier.answer()
    await asyncio.gather(*(hears(one, OUTSIDE_TONE) for one in (patient, telephone, expert)))
    await agent.until(lambda: [one["state"] for one in agent.call["members"]] == ["talking"] * 2, 5, "both are shown")

    await agent.verb("mute_party", party=outside, on=True)
    await asyncio.gather(*(deaf(one, OUTSIDE_TONE) for one in (patient, telephone, expert)))
    await hears(carrier, CALLER_TONE)
    await agent.verb("mute_party", party=outside, on=False)
    await hears(patient, OUTSIDE_TONE)
    await agent.verb("drop", party=outside)
    await carrier.ended(after=seen)
    await deaf(patient, OUTSIDE_TONE)

    await agent.verb("leave")
    await agent.state("wrap_up")
    await asyncio.gather(hears(patient, ASKED_TONE), deaf(patient, AGENT_TONE), hears(expert, CALLER_TONE))
    assert colleague.call["agent"] == 5
    await patient.hang_up()
    await colleague.state("wrap_up")
    record = await center.interaction("13910000201")
    spans = center.query(
        "SELECT kind, agent_id, party, result FROM segment WHERE interaction_id = :key AND kind = 'member' ORDER BY id",
        {"key": record["id"]},
    )
    assert [(one["party"], one["result"]) for one in spans] == [
        ("1005", "chair"),
        ("13912340001", "answered"),
        ("13912340001", "dropped"),
    ]
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > GONE
    assert all(tone_level(right, rate, one) > -45 for one in (AGENT_TONE, ASKED_TONE, OUTSIDE_TONE))


@pytest.mark.req("CTI-2", "REC-1")
async def test_pause_leaves_silence_in_the_recording_and_help_reaches_the_manager(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    patient, telephone, agent = await talking(caller, phone, desk, "13910000202")
    board = await desk("manager", page="board")
    await agent.verb("help", note="患者情绪激动")
    await board.until(lambda: (board.agents[1]["help"] or {}).get("note") == "患者情绪激动", 5, "the manager sees it")
    await board.verb("help_done", agent=1)
    await agent.until(lambda: agent.me["help"] is None, 5, "help has come")
    await agent.verb("record", on=False)
    await agent.until(lambda: agent.call["record_paused"], 5, "paused")
    await telephone.say(tone(ASKED_TONE, 60))
    await patient.say(tone(OUTSIDE_TONE, 60))
    await asyncio.gather(hears(patient, ASKED_TONE), hears(telephone, OUTSIDE_TONE))
    await telephone.say(tone(AGENT_TONE, 60))
    await patient.say(tone(CALLER_TONE, 60))
    await asyncio.gather(hears(patient, AGENT_TONE), hears(telephone, CALLER_TONE), deaf(patient, ASKED_TONE))
    await deaf(telephone, OUTSIDE_TONE)
    await agent.verb("record", on=True)
    await agent.until(lambda: not agent.call["record_paused"], 5, "goes on")
    await telephone.say(tone(1600, 60))
    await hears(patient, 1600)
    await patient.hang_up()
    await agent.state("wrap_up")
    record = await center.interaction("13910000202")
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, OUTSIDE_TONE) < GONE
    assert tone_level(right, rate, ASKED_TONE) < GONE
    assert min(tone_level(right, rate, one) for one in (AGENT_TONE, 1600)) > -45
    assert abs(len(left) / rate * 1000 - record["talk_ms"]) < 700, "the file is as long as the talk"
    assert center.segments(record["id"]).count("rec_off") == 1


@pytest.mark.req("ACD-10")
async def test_remote_agent_takes_calls_with_a_key_only(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, carrier: Phone
) -> None:
    """A mailbox that answers is not an agent: the caller waits on."""
    plain = await desk("agent2")
    with pytest.raises(RefusedError) as refused:
        await plain.verb("sign_in", phone="outside", number="13912340002")
    assert refused.value.code == "not-remote"
    agent = await desk("agent3")
    for number in ("110", "00442071838750", "8025", "&"):
        with pytest.raises(RefusedError) as refused:
            await agent.verb("sign_in", phone="outside", number=number)
        assert refused.value.code == "number-not-allowed"
    await agent.verb("sign_in", phone="outside", number="139 1234 0002")
    await agent.verb("ready")
    await agent.state("ready")
    seen = len(carrier.events)
    patient = await caller("13910000203")
    await patient.dial(at.HASTY_DID)
    await carrier.rings(after=seen)
    await carrier.answer()
    await carrier.listen_anew()
    await until(lambda: len(carrier.heard()) > 8000, 5, "the announcement plays")
    assert agent.me["state"] == "ringing"
    await carrier.press("2")
    await carrier.ended(after=seen)
    await agent.state("not_answering")
    assert agent.me["cause"] == "rejected"
    seen = len(carrier.events)
    await agent.verb("ready")
    again = await caller("13910000204")
    await again.dial(at.HASTY_DID)
    await carrier.rings(after=seen)
    await carrier.answer()
    await carrier.talks(after=seen)
    await carrier.press("1")
    await agent.state("talking")
    await asyncio.gather(hears(carrier, CALLER_TONE), until(lambda: len(again.heard()) > 8000, 5, "sound"))
    await agent.verb("hang_up")
    await agent.state("wrap_up", "busy")
