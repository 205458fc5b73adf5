"""What call control knows survives its death: documents come back as they were, finished calls become records."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from appliance import db, schema
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.calls import records
from appliance.callcenter.calls.model import Call, Direction, Leg, Outcome, Phase, Purpose, Segment
from appliance.callcenter.calls.tables import InteractionRow, RecordingRow, SegmentRow
from appliance.callcenter.ivr.model import FlowRun
from appliance.callcenter.live import journal
from appliance.callcenter.live.journal import LiveJournal


def a_call(key: str = "0mwrtklu5ccb2xjy") -> Call:
    call = Call(key, Direction.INBOUND, 1000, caller="13800000001", called="85550000", phase=Phase.TALKING)
    call.customer = Leg("hcc-1.0", Purpose.CUSTOMER, "13800000001", name="PJSIP/trunk-a-0", up=True, dialog="a|b|c")
    call.partner = Leg(f"{key}-1", Purpose.OFFER, "1001", agent=1, up=True)
    call.run = FlowRun("menu", path=(("menu", "主菜单", "1"),), finished=True)
    for kind, start in (("ivr", 1000), ("wait", 3000), ("ring", 4000), ("talk", 6000)):
        call.open_segment(Segment(kind, start))
    call.answered_at = 6000
    call.recordings = [f"{key}-1"]
    return call


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[tuple[LiveJournal, db.Sessions]]:
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    await asyncio.to_thread(schema.upgrade, url)
    engine, plain = db.open_engine(url), db.open_plain_engine(url)
    yield LiveJournal(plain, "test"), db.sessions(engine)
    await engine.dispose()
    plain.dispose()


@pytest.mark.req("HA-2", "HA-5")
async def test_calls_and_agents_come_back_as_they_were(kept: tuple[LiveJournal, db.Sessions]) -> None:
    live, sessions = kept
    agent = Agent(7, AgentState.TALKING, since=6000, call="0mwrtklu5ccb2xjy", queues=frozenset({1, 2}), sign_in="s")
    call = a_call()
    live.call(call)
    live.agent(agent, changed_state=True)
    await live.close()
    assert await journal.load(sessions) == ([call], [agent])


@pytest.mark.req("HA-5", "PBX-5")
async def test_finished_call_becomes_one_record_even_when_stored_twice(kept: tuple[LiveJournal, db.Sessions]) -> None:
    live, sessions = kept
    call = a_call()
    live.call(call)
    call.outcome = Outcome.ANSWERED
    call.close_segment(9000)
    for _ in range(2):
        live.call_finished(call.id, lambda connection: records.store(connection, call, 9000))
        await live.close()
    assert await journal.load(sessions) == ([], [])
    async with sessions() as session:
        stored = (await session.scalars(select(InteractionRow))).one()
        assert (stored.wait_ms, stored.talk_ms, stored.outcome) == (3000, 3000, "answered")
        kinds = (await session.scalars(select(SegmentRow.kind).order_by(SegmentRow.started_at))).all()
        assert kinds == ["ivr", "wait", "ring", "talk"]
        assert (await session.scalars(select(RecordingRow.status))).all() == ["pending"]


@pytest.mark.req("HA-5")
async def test_a_row_that_does_not_fit_loses_nothing_else(kept: tuple[LiveJournal, db.Sessions]) -> None:
    live, sessions = kept
    lonely = {"interaction_id": "nobody", "kind": "wrap", "started_at": 1, "ended_at": 2, "party": "", "result": ""}
    live.add(SegmentRow, lonely)
    live.call(a_call())
    await live.close()
    calls, _ = await journal.load(sessions)
    assert [call.id for call in calls] == ["0mwrtklu5ccb2xjy"]


async def test_who_waits_for_a_batch_hears_of_it_when_it_is_stored(kept: tuple[LiveJournal, db.Sessions]) -> None:
    live, sessions = kept
    heard: list[str] = []
    live.call(a_call())
    live.then(lambda: heard.append("stored"))
    assert heard == []
    await live.close()
    calls, _ = await journal.load(sessions)
    assert (len(calls), heard) == (1, ["stored"])


@pytest.mark.req("HA-5")
async def test_who_waits_for_the_disk_does_not_wait_for_what_others_add_later(
    kept: tuple[LiveJournal, db.Sessions],
) -> None:
    live, sessions = kept
    running = asyncio.create_task(live.run())

    async def keep_adding() -> None:
        while True:
            live.call(a_call("0mwrtklu5ccb2xzz"))
            await asyncio.sleep(0.001)

    adding = asyncio.create_task(keep_adding())
    live.call(a_call())
    async with asyncio.timeout(5):
        await live.flushed()
    calls, _ = await journal.load(sessions)
    assert "0mwrtklu5ccb2xjy" in [call.id for call in calls]
    for task in (adding, running):
        task.cancel()
    await asyncio.gather(adding, running, return_exceptions=True)
    await live.close()
    await live.flushed()
