"""From changes on the floor to numbered events, over a restart, and what readers get."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from appliance import clock, db, schema
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose
from appliance.callcenter.control.directory import AgentEntry, Directory
from appliance.callcenter.control.showing.view import Screens
from appliance.callcenter.integrations import event_store
from appliance.callcenter.integrations.event_log import EventLog
from appliance.callcenter.integrations.model import Event
from appliance.callcenter.integrations.watching import Watcher
from appliance.callcenter.live.journal import LiveJournal
from tests.quiet_floor import quiet_floor


class Center:
    """Call control's floor without a PBX, with the real journal and database; `told` are the events."""

    def __init__(self, url: str, folder: Path) -> None:
        self.sessions = db.sessions(db.open_engine(url))
        self.journal = LiveJournal(db.open_plain_engine(url), "test")
        entry = AgentEntry(1, 1, "1001", "王芳", "zh_CN", "sip", "8001", frozenset())
        self.floor = quiet_floor(folder, journal=self.journal, directory=Directory(agents={1: entry}))
        self.floor.view = Screens()
        self.log = EventLog(self.journal, self.sessions, in_memory=4)
        self.told: list[Event] = []
        self.watcher = Watcher(self.floor, self.log, self.told.append)

    async def open(self) -> None:
        await self.log.open()
        async with self.sessions() as session:
            self.watcher.resume(await event_store.last_of_each_subject(session))

    def agent(self, state: AgentState, cause: str = "", call: str = "") -> None:
        agents = {1: Agent(1, state=state, cause=cause, call=call, phone="sip")}
        self.floor.acd = replace(self.floor.acd, agents=agents)
        self.watcher.see({"agent": {"id": 1}})

    def show(self, call: Call) -> None:
        for change in self.floor.view.of_calls(self.floor, {call.id}, set()):
            self.watcher.see(change)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.told]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[[], Center]]:
    """`start()` is the program's start, again after the earlier one is gone."""
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    await asyncio.to_thread(schema.upgrade, url)
    return lambda: Center(url, tmp_path)


def a_call(key: str = "0mwcall1") -> Call:
    return Call(key, Direction.INBOUND, clock.now_ms(), caller="13800000001", called="85550001")


@pytest.mark.req("CTI-4", "CTI-1")
async def test_a_call_from_its_beginning_to_its_end(start: Callable[[], Center]) -> None:
    center = start()
    await center.open()
    call = a_call()
    center.floor.calls[call.id] = call
    center.show(call)
    call.phase, call.partner = Phase.RINGING, Leg("c-1", Purpose.OFFER, agent=1)
    center.show(call)
    center.show(call)
    for phase in (Phase.TALKING, Phase.HOLDING, Phase.TALKING):
        call.phase = phase
        center.show(call)
    call.muted = True
    center.show(call)
    call.outcome, call.hung_up_by, call.since = Outcome.ANSWERED, "caller", 9000
    del center.floor.calls[call.id]
    center.show(call)
    center.show(call)
    assert center.types == [
        *("call.started", "call.ringing", "call.answered", "call.held", "call.retrieved", "call.changed"),
        "call.ended",
    ]
    assert center.told[1].agents == ("1001",)
    assert center.told[-1].data["outcome"] == "answered"
    assert [event.seq for event in center.told] == list(range(1, 8))


@pytest.mark.req("CTI-4")
async def test_agents_are_told_of_when_something_changed_and_only_then(start: Callable[[], Center]) -> None:
    center = start()
    await center.open()
    center.agent(AgentState.SIGNED_OUT)
    center.agent(AgentState.READY)
    center.agent(AgentState.READY)
    center.agent(AgentState.BUSY, "meal")
    changes = [(event.data["previous"], event.data["agent"]["state"]) for event in center.told]
    assert changes == [("signed_out", "ready"), ("ready", "busy")]


@pytest.mark.req("CTI-4", "HA-5")
async def test_numbers_and_the_thread_go_on_after_a_restart(start: Callable[[], Center]) -> None:
    center = start()
    await center.open()
    call, other = a_call(), a_call("0mwcall2")
    for one in (call, other):
        center.floor.calls[one.id] = one
        center.show(one)
    center.agent(AgentState.READY)
    assert center.log.seq == 0, "nothing is told before it is on disk"
    await center.journal.close()
    assert center.log.seq == 3
    center.agent(AgentState.BUSY, "meal")
    again = start()
    await again.open()
    assert again.log.seq == 3, "what was not stored was told to nobody"
    again.floor.calls[call.id] = call
    call.phase = Phase.WAITING
    assert again.watcher.lost_calls() == [other.id]
    again.watcher.call_ended(other.id, {"outcome": "cut"})
    again.floor.acd = replace(again.floor.acd, agents={1: Agent(1, state=AgentState.TALKING)})
    again.watcher.compare_all()
    assert again.types == ["call.ended", "agent.state", "call.waiting"]
    assert [event.seq for event in again.told] == [4, 5, 6]
    assert again.told[1].data["previous"] == "ready"


@pytest.mark.req("CTI-4")
async def test_readers_get_everything_behind_their_place_or_are_told_that_it_is_gone(
    start: Callable[[], Center],
) -> None:
    center = start()
    await center.open()
    for number in range(30):
        center.agent(AgentState.READY if number % 2 else AgentState.BUSY)
    waiting = asyncio.create_task(center.log.wait(0, 5))
    await asyncio.sleep(0)
    await center.journal.close()
    assert await waiting
    assert not await center.log.wait(30, 0.01)
    for place in (0, 3, 24, 26, 27, 29, 30):
        assert [event.seq for event in await center.log.after(place, 100)] == list(range(place + 1, 31))
    assert [event.seq for event in await center.log.after(2, 4)] == [3, 4, 5, 6]
    assert center.log.reaches_back_to(0)
    assert not center.log.reaches_back_to(31)
    center.log._kept_rows = 10
    await center.log.prune()
    assert not center.log.reaches_back_to(19)
    assert center.log.reaches_back_to(20)
    again = start()
    await again.open()
    assert (again.log.seq, again.log.reaches_back_to(20), again.log.reaches_back_to(19)) == (30, True, False)


@pytest.mark.req("CTI-4")
async def test_the_last_number_is_never_forgotten(start: Callable[[], Center]) -> None:
    center = start()
    await center.open()
    center.agent(AgentState.READY)
    center.agent(AgentState.BUSY)
    await center.journal.close()
    async with center.sessions() as session, session.begin():
        await event_store.prune(session, clock.now_ms() + 10**9, 10**9, center.log.seq)
    again = start()
    await again.open()
    assert again.log.seq == 2
