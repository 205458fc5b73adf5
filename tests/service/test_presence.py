"""Browsers, telephones and people that go away in the middle of something."""

import asyncio
import time

import pytest

from tests import center as at
from tests.center import Center
from tests.desk_client import RefusedError
from tests.service.conftest import Announced, MakeDesk, MakePhone
from tests.sip.relay import Relay
from tests.sip.waiting import until
from tests.tones import loudness


@pytest.mark.req("HA-5", "AGT-3")
async def test_browsers_without_network_for_5_and_30_s_find_everything_as_it_was(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    await phone(8003)
    board = await desk("manager", page="board")
    async with Relay(center.box.address) as short, Relay(center.box.address) as long:
        talking, ready = center.desk("agent1"), center.desk("agent3")
        talking.through, ready.through = short.port, long.port
        for agent in (talking, ready):
            await agent.connect()
            await agent.work()
        patient = await caller("13980000001")
        await patient.dial(at.QUEUE_DID)
        await talking.state("talking")
        since, idle_since = talking.me["since"], ready.me["since"]
        cut = time.monotonic()
        short.cut()
        long.cut()
        await asyncio.sleep(5)
        short.mend()
        await talking.verb("hold")
        await talking.state("holding")
        await talking.verb("unhold")
        await talking.state("talking")
        assert talking.me["call"] == board.call_of("13980000001")["id"]
        assert talking.me["since"] > since
        await patient.hang_up()
        await talking.state("wrap_up")
        await asyncio.sleep(max(0.0, cut + 30 - time.monotonic()))
        long.mend()
        await ready.reconnect()
        assert (ready.me["state"], ready.me["since"]) == ("ready", idle_since), "nobody was signed out or made busy"
        for agent in (talking, ready):
            await agent.go_home()
            await agent.disconnect()


@pytest.mark.req("HA-5", "ACD-8")
async def test_callers_are_told_when_all_agents_sign_out(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent, board = await desk("agent1"), await desk("manager", page="board")
    await agent.work()
    await agent.verb("busy", cause="meeting")
    patient = await caller("13980000002")
    await patient.dial(at.QUEUE_DID)
    await board.until(lambda: board.call_of("13980000002").get("phase") == "waiting", 8, "in the queue")
    await agent.verb("sign_out")
    await patient.listen_anew()
    await patient.ended(15)
    assert loudness(patient.heard()) > -45, "she is told"
    assert (await center.interaction("13980000002"))["outcome"] == "overflow"


@pytest.mark.req("HA-5", "CTI-3")
async def test_transfer_target_that_hangs_up_at_once_ends_the_call_for_all(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    target = await phone(at.SPARE)
    agent = await desk("agent1")
    await agent.work()
    patient = await caller("13980000003")
    await patient.dial(at.QUEUE_DID)
    await agent.state("talking")
    await agent.verb("transfer", target=str(at.SPARE))
    await target.talks()
    await target.hang_up()
    await patient.ended()
    await agent.state("wrap_up")
    assert (await center.interaction("13980000003"))["outcome"] == "answered"


@pytest.mark.req("AGT-3")
async def test_two_computers_asking_at_the_same_instant_make_one_state(
    phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    await phone(8001)
    one, other, board = await desk("agent1"), await desk("agent1"), await desk("manager", page="board")
    await one.work()
    causes = ("meeting", "rest", "meal")
    seen = lambda: (one.me, other.me, board.agents[1])  # noqa: E731
    for cause in causes:
        answers = await asyncio.gather(
            one.verb("busy", cause=cause), other.verb("ready"), other.verb("busy", cause=cause), return_exceptions=True
        )
        assert not [
            answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, RefusedError)
        ]
        await until(lambda: len({(me["state"], me["since"]) for me in seen()}) == 1, 3, "all see the same")
