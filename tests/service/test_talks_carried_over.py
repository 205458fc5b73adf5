"""Asterisk dies in mid-talk; telephones that know how (RFC 3891) go on with the next one, without a hand."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import DeskClient
from tests.service.conftest import AGENT_TONE, CALLER_TONE, Announced, MakeDesk, MakePhone
from tests.service.test_trouble import ASTERISK_RESTARTS
from tests.sip.network import Host
from tests.sip.softphone import Softphone
from tests.sip.waiting import until
from tests.tones import tone, tone_level

SILENCE_MS = 12_000
"""Asterisk's restart is most of it; on a busy machine it takes long."""

type Softphones = Callable[..., contextlib.AbstractAsyncContextManager[Softphone]]


@pytest.fixture
async def softphones(center: Center, hosts: Callable[[str], Host], announced: Announced) -> Softphones:
    """`await around.enter_async_context(make("8001"))`: a desk's telephone, or with another number a caller's."""

    def make(number: str, *, line: int = 0) -> Softphone:
        if number.startswith("8"):
            host, secret, hertz = hosts(f"10.97.0.{int(number) - 7900}"), f"secret-{number}", AGENT_TONE
        else:
            host, secret, hertz = hosts(center.plan.carrier), "", CALLER_TONE
        says = tone(hertz, 120)
        return Softphone(host, number, center.box.address, secret=secret, answers=bool(secret), says=says, line=line)

    return make


async def _talk(center: Center, agent: DeskClient, patient: Softphone) -> dict[str, Any]:
    """The patient talks with the agent, and that is stored with both dialogs. Returns the live call."""
    patient.dial(at.QUEUE_DID)
    await agent.state("talking", seconds=10)
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "they talk")

    def stored() -> dict[str, Any]:
        lives = [json.loads(line) for line in center.live() if agent.me["call"] in line]
        both = (live for live in lives if live.get("customer", {}).get("dialog") and live["partner"]["dialog"])
        return next(both, {})

    return await until(stored, 5, "stored with both dialogs")


@pytest.mark.req("HA-7")
async def test_talk_goes_on_by_itself_when_asterisk_was_killed(
    center: Center, softphones: Softphones, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*ASTERISK_RESTARTS)
    async with softphones("8001") as telephone, softphones("13940000701", line=40) as patient:
        agent = await desk("agent1")
        await agent.work()
        call = await _talk(center, agent, patient)
        center.box.kill("asterisk.service")
        await until(lambda: patient.count("replaced") and telephone.count("replaced"), 10, "both go on")
        for who, hertz in ((patient, AGENT_TONE), (telephone, CALLER_TONE)):
            await until(lambda who=who, hertz=hertz: tone_level(who.heard(0.5), 8000, hertz) > -30, 5, "sound is back")
        assert (agent.me["state"], agent.me["call"]) == ("talking", call["id"])
        await agent.verb("hold")
        await agent.state("holding")
        await agent.verb("unhold")
        await agent.state("talking")
        patient.hang_up()
        await agent.state("wrap_up", seconds=5)
        for who, hertz, name in ((patient, AGENT_TONE, "patient"), (telephone, CALLER_TONE, "agent")):
            silent_ms = await who.silent_ms(hertz)
            print(f"HA-7: the {name} heard nothing for {silent_ms} ms")
            assert 100 < silent_ms < SILENCE_MS
    record = await center.interaction("13940000701")
    assert (record["id"], record["outcome"], record["hung_up_by"]) == (call["id"], "answered", "caller")
    stretches = center.query("SELECT kind, result FROM segment WHERE interaction_id = :call", {"call": call["id"]})
    assert {"kind": "carried", "result": "went-on"} in stretches
    assert sum(stretch["kind"] == "talk" for stretch in stretches) == 2, "before and after the hold"

    def filed() -> bool:
        rows = center.query("SELECT status FROM recording WHERE interaction_id = :call", {"call": call["id"]})
        return [row["status"] for row in rows] == ["ready", "ready"]

    await until(filed, 10, "what was said before and after is recorded")


@pytest.mark.req("HA-7")
async def test_caller_is_put_through_anew_when_only_her_telephone_can_go_on(
    center: Center, softphones: Softphones, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(*ASTERISK_RESTARTS, "the phone of .* was lost")
    async with softphones("13940000702", line=41) as patient:
        old, other = await phone(8001), await phone(8002)
        first, second = await desk("agent1"), await desk("agent2")
        await first.work()
        call = await _talk(center, first, patient)
        await second.work()
        center.box.kill("asterisk.service")
        await second.state("talking", seconds=15)
        assert second.me["call"] == call["id"], "it is the same contact"
        await until(lambda: tone_level(other.heard(0.5), 8000, CALLER_TONE) > -30, 5, "the other agent hears her")
        await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -30, 5, "she hears the other agent")
        await first.state("wrap_up", "busy", seconds=5)
        assert old.count("CALL_ESTABLISHED") == 1, "nothing rang at the telephone that does not understand"
        patient.hang_up()
        await other.ended()
        await old.hang_up()
    record = await center.interaction("13940000702")
    assert (record["id"], record["outcome"]) == (call["id"], "answered")


@pytest.mark.req("HA-7")
@pytest.mark.parametrize("required", [True, False])
async def test_nobody_takes_over_a_talk_from_outside(
    center: Center, softphones: Softphones, desk: MakeDesk, announced: Announced, required: bool
) -> None:
    """Another telephone of the house knows everything about the talk, and asks for its place."""
    async with (
        softphones("8001") as telephone,
        softphones("8002") as thief,
        softphones(f"1394000070{3 + required}", line=43 + required) as patient,
    ):
        agent = await desk("agent1")
        await agent.work()
        call = await _talk(center, agent, patient)
        call_id, ours, theirs = call["partner"]["dialog"].split("|")[:3]
        headers = {"Replaces": f"{call_id};to-tag={ours};from-tag={theirs}"}
        thief.dial("8001", {**headers, "Require": "replaces"} if required else headers)
        await until(lambda: thief.state(0) == "DISCONNECTED", 8, "it is refused, or is an ordinary call to who is busy")
        assert thief.refused() == 420 or not required
        assert telephone.talks == patient.talks == 1
        assert agent.me["state"] == "talking"
        patient.hang_up()
        await agent.state("wrap_up", seconds=5)
