"""Colleagues call each other: each may do with the talk what she may with a patient's, and is free when it is over."""

import asyncio
from dataclasses import dataclass

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient, RefusedError
from tests.service.conftest import MakeDesk, MakePhone
from tests.service.test_consult import deaf, hears
from tests.sip.phone import Phone
from tests.tones import loudness, read_wav, tone, tone_level

ONE, OTHER, THIRD = 700.0, 1000.0, 1300.0
"""What their telephones hum."""


@dataclass
class Side:
    phone: Phone
    desk: DeskClient


async def in_talk(phone: MakePhone, desk: MakeDesk) -> tuple[Side, Side]:
    """Agent 5 has called agent 6 by a click."""
    one = Side(await phone(8005, says=tone(ONE, 120)), await desk("agent5"))
    other = Side(await phone(8006, says=tone(OTHER, 120)), await desk("agent6"))
    await asyncio.gather(one.desk.work(), other.desk.work())
    await one.desk.verb("dial", number="8006")
    await asyncio.gather(one.desk.state("talking"), other.desk.state("talking"))
    await asyncio.gather(hears(one.phone, OTHER), hears(other.phone, ONE))
    return one, other


@pytest.mark.req("CTI-2", "PBX-2")
@pytest.mark.parametrize("by", ["telephone", "screen", "the other's telephone", "the other's screen"])
async def test_both_are_free_at_once_whoever_ends_it(center: Center, phone: MakePhone, desk: MakeDesk, by: str) -> None:
    """No form is owed; nothing is left for the comparison with Asterisk to repair."""
    one, other = await in_talk(phone, desk)
    side = other if by.startswith("the other") else one
    if by.endswith("telephone"):
        await side.phone.hang_up()
    else:
        await side.desk.verb("hang_up")
    await asyncio.gather(one.desk.state("ready", seconds=2), other.desk.state("ready", seconds=2))
    await asyncio.gather(one.phone.ended(), other.phone.ended())
    record = await center.interaction("8005")
    assert (record["direction"], record["outcome"]) == ("internal", "answered")


@pytest.mark.req("CTI-2")
async def test_who_mutes_is_not_heard_on_either_side(phone: MakePhone, desk: MakeDesk) -> None:
    one, other = await in_talk(phone, desk)
    for who, tone_of, listener in ((one, ONE, other), (other, OTHER, one)):
        await who.desk.verb("mute", on=True)
        await deaf(listener.phone, tone_of)
    assert one.desk.call["customer"]["muted"], "she called, so hers is the customer's end"
    assert one.desk.call["muted"]
    await other.desk.verb("mute", on=False)
    await hears(one.phone, OTHER)
    await deaf(other.phone, ONE)
    await one.desk.verb("hold")
    await one.desk.state("holding")
    await one.desk.verb("unhold")
    await hears(one.phone, OTHER)
    await deaf(other.phone, ONE)
    await one.desk.verb("mute", on=False)
    await hears(other.phone, ONE)


@pytest.mark.req("CTI-2")
async def test_each_of_the_two_may_hold_and_the_recording_has_both(
    center: Center, phone: MakePhone, desk: MakeDesk
) -> None:
    one, other = await in_talk(phone, desk)
    for who, listener, heard in ((one, other, ONE), (other, one, OTHER)):
        await who.desk.verb("hold")
        await deaf(listener.phone, heard)
        assert loudness(listener.phone.heard(0.4)) > -60, "music"
        with pytest.raises(RefusedError) as refused:
            await listener.desk.verb("unhold")
        assert refused.value.code == "wrong-state"
        await who.desk.verb("unhold")
        await hears(listener.phone, heard)
    await one.phone.hang_up()
    await other.desk.state("ready")
    record = await center.interaction("8005")
    (left, right), rate = read_wav(await center.recording(record["id"]))
    for hertz in (ONE, OTHER):
        assert max(tone_level(side, rate, hertz) for side in (left, right)) > -45


@pytest.mark.req("CTI-2")
async def test_who_called_may_pass_her_colleague_on(center: Center, phone: MakePhone, desk: MakeDesk) -> None:
    third = await phone(at.SPARE, says=tone(THIRD, 120))
    one, other = await in_talk(phone, desk)
    await one.desk.verb("consult", target=str(at.SPARE))
    await hears(one.phone, THIRD)
    await deaf(other.phone, ONE, THIRD)
    await one.desk.verb("complete")
    await one.desk.state("ready")
    await asyncio.gather(hears(other.phone, THIRD), hears(third, OTHER))
    await third.hang_up()
    await other.desk.state("ready", seconds=2)


@pytest.mark.req("CTI-2")
async def test_one_who_is_on_hold_may_hang_up(phone: MakePhone, desk: MakeDesk) -> None:
    """By the screen; the colleague's question to somebody else ends with it, as when a patient hangs up."""
    third = await phone(at.SPARE, says=tone(THIRD, 120))
    one, other = await in_talk(phone, desk)
    await other.desk.verb("consult", target=str(at.SPARE))
    await hears(other.phone, THIRD)
    await one.desk.verb("hang_up")
    await asyncio.gather(one.desk.state("ready", seconds=2), other.desk.state("ready", seconds=2))
    await asyncio.gather(one.phone.ended(), other.phone.ended(), third.ended())


@pytest.mark.req("CTI-2")
async def test_keys_are_sent_to_the_other_side(phone: MakePhone, desk: MakeDesk) -> None:
    one, other = await in_talk(phone, desk)
    for who, listener in ((one, other), (other, one)):
        await who.desk.verb("dtmf", digits="5")
        await listener.phone.wait_for("CALL_DTMF_START")
