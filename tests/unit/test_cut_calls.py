"""Calls that the telephone system cut off: what becomes of callers, agents and records."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from appliance import clock, db, schema
from appliance.callcenter.acd.events import CallQueued, Configured, SignedIn
from appliance.callcenter.acd.model import Agent, AgentState, QueueRules
from appliance.callcenter.blacklist.model import Action, Blocked
from appliance.callcenter.blacklist.model import Kind as BlockKind
from appliance.callcenter.blacklist.rules import blacklist
from appliance.callcenter.callbacks.model import CallbackRules, Mode
from appliance.callcenter.callbacks.rules import BREATH_MS, HEAD_POINTS
from appliance.callcenter.callbacks.tables import CallbackRow
from appliance.callcenter.calls.model import Call, Direction, Leg, Phase, Purpose, Segment
from appliance.callcenter.calls.tables import InteractionRow, SegmentRow
from appliance.callcenter.control.directory import QueueEntry
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.mending import recovery
from appliance.callcenter.control.waiting import callback_debts, callbacks, cut_talks
from appliance.callcenter.live import journal
from appliance.callcenter.live.journal import LiveJournal
from appliance.callcenter.people.tables import AgentRow, UserRow
from appliance.callcenter.queues.tables import QueueRow
from tests.quiet_floor import quiet_floor

PATIENT = "13800000001"
CALLS_BACK, SILENT = 1, 2
"""Queues: one that calls back by itself, one that does not."""

type Stand = tuple[Floor, db.Sessions]


def _entry(key: int, mode: Mode) -> QueueEntry:
    return QueueEntry(key, "咨询", f"700{key}", 20, QueueRules(key), callback=CallbackRules(mode))


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """A floor with two queues and one agent, on a database with tables."""
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    await asyncio.to_thread(schema.upgrade, url)
    engine, plain = db.open_engine(url), db.open_plain_engine(url)
    with plain.begin() as connection:
        person = {"id": 1, "login": "agent", "name": "坐席", "role": "agent", "created_at": 1}
        connection.execute(insert(UserRow).values(person))
        connection.execute(insert(AgentRow).values(id=7, user_id=1, number="1007", phone="sip"))
        for key in (CALLS_BACK, SILENT):
            connection.execute(insert(QueueRow).values(id=key, name=f"咨询{key}", number=f"700{key}"))
    floor = quiet_floor(tmp_path, journal=LiveJournal(plain, "second"), node="second")
    floor.directory.queues.update({CALLS_BACK: _entry(CALLS_BACK, Mode.AGENT), SILENT: _entry(SILENT, Mode.OFF)})
    queues = {key: entry.rules for key, entry in floor.directory.queues.items()}
    now = clock.now_ms()
    floor.distribute(Configured(now, queues, {7: frozenset(queues)}, {}))
    floor.distribute(SignedIn(now, 7, "sip", phone_online=True))
    callback_debts.attach(floor)
    yield floor, db.sessions(engine)
    await floor.commands.close()
    floor.drop_timers()
    await engine.dispose()
    plain.dispose()


def talk(floor: Floor, queue: int | None = CALLS_BACK, direction: Direction = Direction.INBOUND) -> Call:
    now = clock.now_ms()
    call = Call("talk", direction, now - 60_000, caller=PATIENT, called="88880000", since=now, phase=Phase.TALKING)
    if direction is Direction.OUTBOUND:
        call.caller, call.called = "8007", PATIENT
    call.customer = Leg("customer", Purpose.CUSTOMER, PATIENT, up=True)
    call.partner = Leg("talk-1", Purpose.OFFER, "1007", agent=7, up=True)
    call.queue, call.queued_at, call.answered_at, call.talked_with = queue, now - 50_000, now - 30_000, 7
    call.open_segment(Segment("talk", now - 30_000, agent=7))
    floor.calls[call.id] = call
    talking = replace(floor.acd.agents.get(7, Agent(7)), state=AgentState.TALKING, call=call.id)
    floor.acd = replace(floor.acd, agents={7: talking})
    return call


def waits(floor: Floor, queue: int = CALLS_BACK, key: str = "waits") -> Call:
    now = clock.now_ms()
    call = Call(key, Direction.INBOUND, now - 60_000, caller=PATIENT, called="88880000", since=now, phase=Phase.WAITING)
    call.customer = Leg(f"customer-{key}", Purpose.CUSTOMER, PATIENT, up=True)
    call.queue, call.queued_at = queue, now - 50_000
    call.open_segment(Segment("wait", now - 50_000, queue=queue))
    floor.calls[call.id] = call
    return call


async def taken_over(stand: Stand, *calls: Call) -> None:
    """Another box had these calls; this one finds nothing of them in its Asterisk."""
    floor, _ = stand
    floor.from_other_box = frozenset(call.id for call in calls)
    for call in calls:
        recovery._adopt(floor, call, {}, {}, 0)
    await floor.journal.close()
    await callbacks.load(floor)


async def rows(stand: Stand, kind: type[Any]) -> list[Any]:
    async with stand[1]() as session:
        return list(await session.scalars(select(kind).order_by(kind.id)))


@pytest.mark.req("HA-2")
async def test_calls_of_another_box_are_known_by_its_name(stand: Stand) -> None:
    floor, sessions = stand
    floor.journal.call(talk(floor))
    await floor.journal.close()
    assert await journal.of_other_boxes(sessions, "second") == frozenset()
    assert await journal.of_other_boxes(sessions, "first") == {"talk"}


@pytest.mark.req("HA-2")
async def test_a_talk_cut_by_a_take_over_has_a_record_that_says_so_and_its_agent_writes_it_up(stand: Stand) -> None:
    floor, _ = stand
    await taken_over(stand, talk(floor))
    (record,) = await rows(stand, InteractionRow)
    assert (record.outcome, record.hung_up_by) == ("cut", "failover")
    assert [segment.result for segment in await rows(stand, SegmentRow)] == ["failover"]
    agent = floor.agent(7)
    assert (agent.state, agent.wrap_up_call) == (AgentState.WRAP_UP, "talk")


@pytest.mark.req("HA-2")
@pytest.mark.parametrize("cut", [talk, waits])
async def test_whoever_was_cut_off_comes_to_the_head_of_the_queue(stand: Stand, cut: Callable[..., Call]) -> None:
    floor, _ = stand
    call = cut(floor)
    since = call.queued_at
    await taken_over(stand, call)
    (ticket,) = await rows(stand, CallbackRow)
    assert (ticket.kind, ticket.state, ticket.cause, ticket.origin) == ("callback", "waiting", "failover", call.id)
    assert (ticket.since, ticket.priority) == (since, HEAD_POINTS)
    assert ticket.next_at == ticket.created_at + BREATH_MS, "she may notice it, and call again, before"


@pytest.mark.req("HA-2")
async def test_one_ticket_for_each_queue_and_number(stand: Stand) -> None:
    floor, _ = stand
    await taken_over(stand, waits(floor), talk(floor))
    (ticket,) = await rows(stand, CallbackRow)
    assert ticket.calls == 2


@pytest.mark.req("HA-2")
@pytest.mark.parametrize("number", ["", "anonymous"])
async def test_who_hides_the_number_cannot_be_called_back(stand: Stand, number: str) -> None:
    call = waits(stand[0])
    call.caller = number
    await taken_over(stand, call)
    assert await rows(stand, CallbackRow) == []


@pytest.mark.req("HA-2", "ACD-7")
async def test_nobody_on_the_blacklist_is_called_back(stand: Stand) -> None:
    floor, _ = stand
    blocked = blacklist([Blocked(1, BlockKind.NUMBER, PATIENT, Action.BUSY, None)])
    floor.directory = replace(floor.directory, blacklist=blocked)
    await taken_over(stand, waits(floor))
    assert await rows(stand, CallbackRow) == []


@pytest.mark.req("HA-2")
@pytest.mark.parametrize(("queue", "number"), [(SILENT, PATIENT), (CALLS_BACK, "8012"), (CALLS_BACK, "0012025550123")])
async def test_where_nothing_is_dialled_by_itself_it_stands_in_the_list(stand: Stand, queue: int, number: str) -> None:
    call = waits(stand[0], queue)
    call.caller = number
    await taken_over(stand, call)
    (ticket,) = await rows(stand, CallbackRow)
    assert (ticket.kind, ticket.cause) == ("missed", "failover")


@pytest.mark.req("HA-2")
@pytest.mark.parametrize("queue", [CALLS_BACK, SILENT])
async def test_who_calls_again_has_her_place_and_the_ticket_is_withdrawn(stand: Stand, queue: int) -> None:
    floor, _ = stand
    first = waits(floor, queue)
    since = first.queued_at
    await taken_over(stand, first)
    again = waits(floor, queue, "again")
    again.queued_at = clock.now_ms()
    floor.caller_entered(again)
    assert (again.queued_at, again.priority) == (since, HEAD_POINTS)
    await floor.journal.close()
    assert [ticket.state for ticket in await rows(stand, CallbackRow)] == ["cancelled"]
    floor.distribute(CallQueued(clock.now_ms(), "vip", queue, 100, clock.now_ms()))
    floor.distribute(CallQueued(clock.now_ms(), again.id, queue, again.priority, again.queued_at))
    assert floor.acd.waiting["again"].priority > floor.acd.waiting["vip"].priority


@pytest.mark.req("HA-2", "ACD-6")
async def test_a_callback_that_was_cut_in_mid_talk_is_still_owed(stand: Stand) -> None:
    floor, _ = stand
    await taken_over(stand, waits(floor))
    (ticket,) = floor.callbacks.open()
    assert await callbacks.claim_by_hand(floor, ticket, "talk", 7)
    call = talk(floor, direction=Direction.OUTBOUND)
    call.callback = ticket.id
    await taken_over(stand, call)
    (ticket,) = floor.callbacks.open()
    assert (ticket.state, ticket.cause, ticket.attempts) == ("waiting", "failover", 1)


@pytest.mark.req("HA-2")
async def test_the_agent_is_told_until_somebody_talked_with_the_patient(stand: Stand) -> None:
    floor, sessions = stand
    await taken_over(stand, talk(floor))
    shown = cut_talks.document(floor, 7)
    assert shown is not None
    (ticket,) = floor.callbacks.open()
    assert (shown["number"], shown["cause"], shown["callback"]) == (PATIENT, "failover", ticket.id)
    floor.cut_talks.clear()
    async with sessions() as session:
        await cut_talks.load(session, floor)
    assert cut_talks.document(floor, 7) == shown, "one more start of call control does not lose it"
    cut_talks.settle(floor, f"0{PATIENT}")
    assert cut_talks.document(floor, 7) is None


@pytest.mark.req("HA-2")
async def test_a_talk_that_came_by_no_queue_is_called_back_by_hand(stand: Stand) -> None:
    floor, _ = stand
    await taken_over(stand, talk(floor, None, Direction.OUTBOUND))
    assert await rows(stand, CallbackRow) == []
    shown = cut_talks.document(floor, 7)
    assert shown is not None
    assert (shown["number"], shown["callback"]) == (PATIENT, "")
