"""What call control makes of a call that it finds in its journal."""

import asyncio
from pathlib import Path

import pytest

from appliance import clock
from appliance.callcenter.acd.model import QueueRules
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.control.directory import QueueEntry
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.mending import recovery
from appliance.callcenter.trunks.tables import DidRow
from appliance.pbx.ari_model import Channel
from tests.quiet_floor import quiet_floor

QUEUE = QueueEntry(1, "咨询", "7000", 20, QueueRules(1))


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    floor = quiet_floor(tmp_path)
    floor.directory.queues[QUEUE.id] = QUEUE
    floor.directory.dids["88880000"] = DidRow(
        id=1, number="88880000", name="咨询热线", target_kind="queue", target_id=1
    )
    return floor


def arrived(floor: Floor, outcome: Outcome | None = None) -> Call:
    """A call as it stands in the journal while its patient is still looked up."""
    now = clock.now_ms()
    call = Call("c", Direction.INBOUND, now, caller="13800000001", called="88880000", since=now, outcome=outcome)
    call.customer = Leg("customer", Purpose.CUSTOMER, started_at=now)
    call.phase = Phase.FLOW
    call.open_segment(Segment("ivr", now))
    floor.calls[call.id] = call
    return call


def adopt(floor: Floor, call: Call) -> None:
    channels = {"customer": Channel(id="customer", name="PJSIP/trunk-1", state="Ring")}
    recovery._adopt(floor, call, channels, {}, 0)


@pytest.mark.req("HA-5")
async def test_a_call_that_was_not_routed_yet_is_routed_after_a_kill(floor: Floor) -> None:
    call = arrived(floor)
    looked_up: list[Call] = []
    floor.look_up = looked_up.append
    adopt(floor, call)
    await asyncio.wait_for(floor.commands.drain(call.id), 5)
    assert (call.phase, call.queue, call.outcome) == (Phase.WAITING, QUEUE.id, None)
    assert looked_up == [call]


@pytest.mark.req("HA-5")
async def test_a_call_that_was_being_refused_is_not_routed_after_a_kill(floor: Floor) -> None:
    call = arrived(floor, Outcome.BLOCKED)
    adopt(floor, call)
    assert (call.phase, call.outcome) == (Phase.ENDED, Outcome.BLOCKED)
    await asyncio.wait_for(floor.commands.drain(call.id), 5)
