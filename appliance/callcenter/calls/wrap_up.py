"""What agents write after a talk."""

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from appliance import clock
from appliance.callcenter.calls.tables import InteractionRow, SegmentRow, WrapUpRow
from appliance.db import Sessions
from appliance.errors import InvalidError

MAX_NOTES = 4000


@dataclass(frozen=True, slots=True)
class WrapUp:
    call: str
    agent: int
    business_type: str
    outcome: str
    notes: str = ""
    patient_id: int | None = None
    call_again_at: clock.Millis | None = None


async def queues_of(sessions: Sessions, call: str) -> set[int]:
    """The queues by which a stored call came."""
    query = select(SegmentRow.queue_id).where(SegmentRow.interaction_id == call, SegmentRow.queue_id.is_not(None))
    async with sessions() as session:
        return {queue for queue in await session.scalars(query.distinct()) if queue is not None}


async def save(sessions: Sessions, form: WrapUp) -> None:
    """Store the form; a second one by the same agent for the same call replaces the first."""
    if len(form.notes) > MAX_NOTES:
        raise InvalidError(f"{len(form.notes)} > {MAX_NOTES}", field="notes")
    async with sessions.begin() as session:
        same = (WrapUpRow.interaction_id == form.call) & (WrapUpRow.agent_id == form.agent)
        await session.execute(delete(WrapUpRow).where(same))
        session.add(
            WrapUpRow(
                interaction_id=form.call,
                agent_id=form.agent,
                business_type=form.business_type,
                outcome=form.outcome,
                notes=form.notes,
                saved_at=clock.now_ms(),
                call_again_at=form.call_again_at,
            )
        )
        if form.patient_id is not None:
            await session.execute(
                update(InteractionRow).where(InteractionRow.id == form.call).values(patient_id=form.patient_id)
            )
