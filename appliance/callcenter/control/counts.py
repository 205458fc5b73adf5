"""What happened since midnight, and wrap-up times: figures on the board that must survive a restart."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.calls.model import Segment
from appliance.callcenter.calls.tables import InteractionRow, SegmentRow
from appliance.callcenter.control.floor import Counters, Floor
from appliance.callcenter.queues.tables import QueueRow


async def load(session: AsyncSession, floor: Floor) -> None:
    """Count today's calls from the records."""
    midnight = datetime.now(floor.directory.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = clock.from_datetime(midnight)
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
