"""What queues do with callers: several telephones at once, steps, the expected wait, a rating."""

import asyncio

import pytest

from tests import center as at
from tests.center import Center
from tests.service.conftest import Announced, MakeDesk, MakePhone

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
