"""What agents do and fail to do while callers wait: refuse, not answer, lose the telephone, hold, send on."""

import asyncio

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import RefusedError
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.sip.waiting import until
from tests.tones import read_wav, tone, tone_level


@pytest.mark.req("ACD-8")
async def test_call_refused_on_the_phone_goes_to_the_next_agent(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    refusing, _ = await phone(8001, answers=False), await phone(8002)
    first, second = await desk("agent1"), await desk("agent2")
    await first.work()
    await second.work()
    patient = await caller("13910000001")
    await patient.dial(at.QUEUE_DID)
    await refusing.rings()
    await first.until(lambda: first.me["state"] == "ringing", 5, "the screen rings")
    await refusing.hang_up()
    await first.state("not_answering")
    assert first.me["cause"] == "rejected"
    await second.state("talking")
    assert second.call["caller"] == "13910000001"
    await first.state("ready", seconds=8)


async def test_call_refused_on_the_screen_goes_to_the_next_agent(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    ringing, _ = await phone(8001, answers=False), await phone(8002)
    first, second = await desk("agent1"), await desk("agent2")
    await first.work()
    await second.work()
    patient = await caller("13910000002")
    await patient.dial(at.QUEUE_DID)
    await ringing.rings()
    await first.verb("reject")
    await ringing.ended()
    await second.state("talking")
    assert first.me["state"] == "not_answering"


@pytest.mark.req("ACD-8")
async def test_agent_who_misses_two_calls_is_busy_and_the_caller_keeps_the_place(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    silent = await phone(8003, answers=False)
    agent, board = await desk("agent3"), await desk("manager", page="board")
    await agent.work()
    patient = await caller("13910000003")
    await patient.dial(at.NOBODY_DID.replace(at.NOBODY_DID, at.MENU_DID))
    await patient.talks()
    await patient.press("0")
    await silent.rings()
    await agent.state("not_answering", seconds=10)
    assert board.call_of("13910000003")["position"] == 1
    await silent.rings(12, after=len(silent.events))
    await agent.state("busy", seconds=10)
    assert agent.me["cause"] == "no_answer"
    seen = len(silent.events)
    await agent.verb("ready")
    await silent.rings(5, after=seen)
    await silent.answer()
    await agent.state("talking")
    record = board.call_of("13910000003")
    assert record["agent"] == 3
    await patient.hang_up()
    await agent.state("wrap_up")
    kinds = center.segments((await center.interaction("13910000003"))["id"])
    assert kinds.count("ring") == 3


async def test_phone_that_goes_dark_while_it_rings_gives_the_caller_back(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    dark, _ = await phone(8001, answers=False), await phone(8002)
    first, second = await desk("agent1"), await desk("agent2")
    await first.work()
    patient = await caller("13910000004")
    await patient.dial(at.QUEUE_DID)
    await dark.rings()
    dark.kill()
    await second.work()
    await second.state("talking", seconds=12)
    assert second.call["caller"] == "13910000004"
    await first.state("not_answering", "busy")


async def test_phone_that_unregisters_makes_the_agent_busy_and_ready_again_when_it_is_back(
    phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    await telephone.stop()
    await agent.state("busy", seconds=10)
    assert agent.me["cause"] == "phone"
    await phone(8001)
    await agent.state("ready", seconds=10)


@pytest.mark.req("CTI-2")
async def test_hold_plays_music_and_mute_silences_the_agent_only(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    patient = await caller("13910000005")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk")
    await agent.verb("hold")
    await agent.state("holding")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) < -50, 5, "the caller does not hear her")
    await until(lambda: tone_level(telephone.heard(0.3), 8000, CALLER_TONE) < -50, 5, "she does not hear the caller")
    await agent.verb("unhold")
    await agent.state("talking")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk again")
    await agent.verb("mute", on=True)
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) < -50, 5, "she is muted")
    assert tone_level(telephone.heard(0.5), 8000, CALLER_TONE) > -30
    await agent.verb("mute", on=False)
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "she is heard again")
    await agent.verb("hang_up")
    await asyncio.gather(patient.ended(), telephone.ended())


@pytest.mark.req("CTI-2", "CTI-3")
async def test_blind_transfer_to_an_extension(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    other = await phone(at.SPARE, says=tone(1000, 60))
    agent = await desk("agent1")
    await agent.work()
    patient = await caller("13910000006")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await agent.verb("transfer", target=str(at.SPARE))
    await other.talks()
    await agent.state("wrap_up")
    await until(lambda: tone_level(patient.heard(0.5), 8000, 1000) > -30, 5, "the caller hears the extension")
    await until(lambda: tone_level(other.heard(0.5), 8000, CALLER_TONE) > -30, 5, "and is heard")
    await patient.hang_up()
    await other.ended()
    record = await center.interaction("13910000006")
    assert center.segments(record["id"]).count("talk") == 2
    (_left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(right, rate, 1000) > -45, "the second talk is recorded too"


@pytest.mark.req("CTI-3")
async def test_blind_transfer_to_a_queue_brings_the_call_to_another_agent(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    await phone(8003)
    first, third = await desk("agent1"), await desk("agent3")
    await first.work()
    await third.work()
    patient = await caller(at.ONE_PATIENT)
    await patient.dial(at.QUEUE_DID)
    await first.state("talking")
    await first.verb("transfer", target="7000")
    await first.state("wrap_up")
    await third.state("talking")
    assert third.call["caller"] == at.ONE_PATIENT
    assert [known["name"] for known in third.call["patients"]] == ["张三"]


async def test_transfer_to_somebody_who_does_not_answer_brings_the_caller_back(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    refusing = await phone(at.SPARE, answers=False)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    patient = await caller("13910000007")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await agent.verb("transfer", target=str(at.SPARE))
    await refusing.rings()
    await refusing.hang_up()
    await board.until(lambda: board.call_of("13910000007").get("phase") == "waiting", 8, "back in the queue")
    await agent.write_up()
    await agent.state("talking")
    assert agent.call["caller"] == "13910000007"


NASTY = ("", "&", "8025&8026", "${EXTEN}", "8025;x", "8" * 200, "abc", "sip:8025@x", "8025\r\nX: y", "１２３４abc")


async def test_nasty_target_is_refused_before_the_pbx(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    agent = await desk("agent1")
    await phone(8001)
    await agent.work()

    async def is_refused(verb: str, **arguments: str) -> str:
        with pytest.raises(RefusedError) as refused:
            await agent.verb(verb, **arguments)
        return refused.value.code

    codes = {"number-not-allowed", "wrong-state", "not-found", "invalid"}
    for target in NASTY:
        assert await is_refused("dial", number=target) in codes, target
        assert await is_refused("transfer", target=target) in codes, target
    patient = await caller("13910000008")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    for target in NASTY:
        await is_refused("transfer", target=target)
        await is_refused("dtmf", digits=target)
        assert agent.me["state"] == "talking", target
        assert center.channels() == 2, target


async def test_form_is_owed_after_every_talk_and_ready_is_refused_until_it_is_saved(
    caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8003)
    agent = await desk("agent3")
    await agent.work()
    patient = await caller("13910000009")
    await patient.dial(at.HASTY_DID)
    await agent.state("talking")
    await patient.hang_up()
    await agent.state("wrap_up")
    with pytest.raises(RefusedError) as refused:
        await agent.verb("ready")
    assert refused.value.code == "form-owed"
    await agent.state("busy", seconds=8)
    assert agent.me["cause"] == "wrap_up_missing"
    await agent.write_up()
    await agent.state("ready")


@pytest.mark.req("PBX-2")
async def test_internal_call_by_four_digits(center: Center, phone: MakePhone) -> None:
    one, other = await phone(8011, says=tone(500, 60)), await phone(at.SPARE, says=tone(900, 60))
    await one.dial(str(at.SPARE))
    await asyncio.gather(one.talks(), other.talks())
    await until(lambda: tone_level(one.heard(0.5), 8000, 900) > -30, 5, "one hears the other")
    await until(lambda: tone_level(other.heard(0.5), 8000, 500) > -30, 5, "the other hears one")
    await one.hang_up()
    await other.ended()
    record = await center.interaction("8011")
    assert (record["direction"], record["outcome"]) == ("internal", "answered")


async def test_extension_may_dial_only_what_it_is_allowed_to(
    center: Center, phone: MakePhone, announced: Announced
) -> None:
    announced.add("may not dial")
    telephone = await phone(at.NO_OUTSIDE)
    for number in ("13800000001", "00442071838750", "8025*#12", "99"):
        await telephone.dial(number)
        await telephone.ended(15, after=len(telephone.events))
    await center.nothing_left()
    assert not center.query("SELECT id FROM interaction WHERE caller = '8026' AND outcome = 'answered'")


@pytest.mark.timeout(360)
async def test_agent_who_loses_her_phone_in_a_talk_frees_the_caller_for_another(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    """Nobody says goodbye: the box finds out because no sound comes any more."""
    announced.add(r"phone of 1001 was lost", r"lack of audio RTP activity")
    dark, _ = await phone(8001), await phone(8002)
    first, second = await desk("agent1"), await desk("agent2")
    await first.work()
    patient = await caller("13910000010")
    await patient.dial(at.QUEUE_DID)
    await first.state("talking")
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk")
    await second.work()
    dark.kill()
    await second.state("talking", seconds=90)
    assert second.call["caller"] == "13910000010"
    await patient.listen_anew()
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "the caller hears the other agent")
    await first.state("wrap_up", "busy")
    await patient.hang_up()
    await second.state("wrap_up")
    kinds = center.segments((await center.interaction("13910000010"))["id"])
    assert kinds.count("talk") == 2
