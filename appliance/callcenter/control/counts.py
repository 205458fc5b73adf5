"""What happened since midnight, and wrap-up times: figures on the board that must survive a restart."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.acd.estimate import LATEST, RECENT_MS
from appliance.callcenter.acd.events import DayBegan, Restored
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.calls.model import Segment
from appliance.callcenter.calls.tables import InteractionRow, SegmentRow
from appliance.callcenter.control.floor import Counters, Floor
from appliance.callcenter.queues.tables import QueueRow

RECALLED_CALLS = 200


async def load(session: AsyncSession, floor: Floor) -> None:
    """Count today's calls from the records, and go on counting until midnight."""
    since = clock.from_datetime(_midnight(floor))
    answered = InteractionRow.answered_at.is_not(None)
    level = answered & (InteractionRow.wait_ms <= QueueRow.service_level_seconds * 1000)
    abandoned = InteractionRow.outcome.in_(("abandoned", "overflow"))
    rows = await session.execute(
        select(InteractionRow.queue_id, _count(answered), _count(abandoned), _count(level))
        .join(QueueRow, QueueRow.id == InteractionRow.queue_id)
        .where(InteractionRow.started_at >= since)
        .group_by(InteractionRow.queue_id)
    )
    floor.queue_counts = {queue: Counters(yes, no, quick) for queue, yes, no, quick in rows.all() if queue}
    talked = await session.execute(
        select(InteractionRow.agent_id, func.count(), func.sum(InteractionRow.talk_ms))
        .where(InteractionRow.started_at >= since, InteractionRow.agent_id.is_not(None))
        .group_by(InteractionRow.agent_id)
    )
    floor.agent_counts = {agent: Counters(number, talk_ms=int(total)) for agent, number, total in talked.all() if agent}

    floor.distribute(await _recalled(session, since))
    _wait_for_midnight(floor)


async def _recalled(session: AsyncSession, since: clock.Millis) -> Restored:
    """What distribution has to know of the time before it started."""
    taken = await session.execute(
        select(InteractionRow.agent_id, func.count())
        .where(InteractionRow.started_at >= since, InteractionRow.queue_id.is_not(None))
        .group_by(InteractionRow.agent_id)
    )
    wrap_up = (
        select(func.coalesce(func.sum(SegmentRow.ended_at - SegmentRow.started_at), 0))
        .where(SegmentRow.interaction_id == InteractionRow.id, SegmentRow.kind == "wrap")
        .scalar_subquery()
    )
    now = clock.now_ms()
    latest = await session.execute(
        select(InteractionRow.queue_id, InteractionRow.ended_at, InteractionRow.talk_ms + wrap_up)
        .where(InteractionRow.started_at >= now - RECENT_MS, InteractionRow.answered_at.is_not(None))
        .where(InteractionRow.queue_id.is_not(None))
        .order_by(InteractionRow.started_at.desc())
        .limit(RECALLED_CALLS)
    )
    handled: dict[int, tuple[tuple[clock.Millis, int], ...]] = {}
    for queue, ended_at, length in latest.all():
        if queue is None:
            continue
        handled[queue] = ((ended_at, int(length)), *handled.get(queue, ()))[-LATEST:]
    return Restored(now, {agent: number for agent, number in taken.all() if agent}, handled)


def _midnight(floor: Floor) -> datetime:
    return datetime.now(floor.directory.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _wait_for_midnight(floor: Floor) -> None:
    tomorrow = _midnight(floor) + timedelta(days=1)
    floor.set_timer("day", "", clock.from_datetime(tomorrow), partial(_day_began, floor))


def _day_began(floor: Floor) -> None:
    """All figures «today» begin at nothing."""
    floor.queue_counts, floor.agent_counts = {}, {}
    floor.distribute(DayBegan(clock.now_ms()))
    for queue in floor.directory.queues:
        floor.touch_queue(queue)
    for agent in floor.directory.agents:
        floor.touch_agent(agent)
    _wait_for_midnight(floor)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def agent_changed(floor: Floor, old: Agent, new: Agent) -> None:
    """A wrap-up that has ended becomes a segment of its call."""
    if old.state is not AgentState.WRAP_UP or new.state is AgentState.WRAP_UP or not old.wrap_up_call:
        return
    result = "" if new.wrap_up_call else "saved"
    call = floor.calls.get(old.wrap_up_call)
    if call is not None:  # passed on: it is stored, with this, when it is over
        call.open_span(Segment("wrap", old.since, new.since, agent=new.id, result=result))
        floor.touch(call)
        return
    floor.journal.add(
        SegmentRow,
        {
            "interaction_id": old.wrap_up_call,
            "kind": "wrap",
            "started_at": old.since,
            "ended_at": new.since,
            "queue_id": None,
            "agent_id": new.id,
            "party": "",
            "result": result,
        },
    )
