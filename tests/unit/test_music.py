"""Music of who waits: started once, stopped once, whoever takes over."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from appliance.callcenter.acd.model import QueueRules
from appliance.callcenter.calls.model import Call, Direction, Leg, Purpose
from appliance.callcenter.control.directory import QueueEntry
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.lifecycle import new_leg
from appliance.callcenter.control.sounds import Sounds
from appliance.callcenter.control.speech import say
from appliance.callcenter.control.talking import talks
from appliance.callcenter.control.waiting import music, queueing
from appliance.pbx.ari import AriClient
from tests.quiet_floor import quiet_floor

QUEUE = QueueEntry(1, "咨询", "7000", 20, QueueRules(1))


class Line(AriClient):
    """The far end of ARI takes everything; what was asked is kept."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1/ari", "hcc", "hcc")
        self.asked: list[str] = []

    async def request(self, method: str, uri: str, body: Any = None, **query: str) -> str:
        self.asked.append(f"{method} {uri.rpartition('/')[2]}")
        return "{}"


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def floor(tmp_path: Path, line: Line) -> Floor:
    (tmp_path / "wait.wav").touch()
    return quiet_floor(tmp_path, ari=line, sounds=Sounds(tmp_path, {"wait": tmp_path / "wait.wav"}))


def begun(floor: Floor, direction: Direction) -> Call:
    """A call whose customer is up."""
    call = Call("c", direction, 0, customer=Leg("customer", Purpose.CUSTOMER, up=True))
    floor.calls[call.id] = call
    return call


@pytest.mark.req("ACD-5")
@pytest.mark.parametrize("direction", list(Direction))
async def test_music_stops_once_for_everybody_who_waited(floor: Floor, line: Line, direction: Direction) -> None:
    call = begun(floor, direction)
    queueing.enter(floor, call, QUEUE, 0)
    talks.connect(floor, call, new_leg(floor, call, Purpose.OFFER, "1001"))
    await floor.commands.drain(call.id)
    assert [asked for asked in line.asked if asked.endswith("moh")] == ["POST moh", "DELETE moh"]


async def test_who_never_waited_costs_no_request_for_music(floor: Floor, line: Line) -> None:
    call = begun(floor, Direction.INBOUND)
    talks.connect(floor, call, new_leg(floor, call, Purpose.DIRECT, "8001"))
    await floor.commands.drain(call.id)
    assert not [asked for asked in line.asked if asked.endswith("moh")]


async def test_music_comes_back_when_an_announcement_is_cut_short(floor: Floor, line: Line) -> None:
    call = begun(floor, Direction.INBOUND)
    queueing.enter(floor, call, QUEUE, 0)
    assert say(floor, call, ["system:wait"])
    music.start(floor, call, call.customer)
    music.start(floor, call, call.customer)
    await asyncio.wait_for(floor.commands.drain(call.id), 5)
    assert [asked for asked in line.asked if asked.endswith("moh")] == ["POST moh", "POST moh"]
