"""Calls that agents promised to make again, from their wrap-up forms."""

from dataclasses import dataclass

from sqlalchemy import select, update

from appliance import clock
from appliance.callcenter.calls.tables import InteractionRow, WrapUpRow
from appliance.callcenter.patients.tables import PatientRow
from appliance.clock import Millis
from appliance.db import Sessions
from appliance.errors import NotFoundError

MOST = 50


@dataclass(frozen=True)
class PromisedCall:
    id: int
    """Of the form."""
    call: str
    number: str
    patient: str
    patient_id: int | None
    at: Millis
    notes: str


class AgainService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def due(self, agent_id: int) -> list[PromisedCall]:
        """What the agent still has to call, the earliest first."""
        query = (
            select(WrapUpRow, InteractionRow, PatientRow.name)
            .join(InteractionRow, InteractionRow.id == WrapUpRow.interaction_id)
            .outerjoin(PatientRow, PatientRow.id == InteractionRow.patient_id)
            .where(
                WrapUpRow.agent_id == agent_id,
                WrapUpRow.call_again_at.is_not(None),
                WrapUpRow.called_again_at.is_(None),
            )
            .order_by(WrapUpRow.call_again_at)
            .limit(MOST)
        )
        async with self._sessions() as session, session.begin():
            rows = (await session.execute(query)).all()
        return [
            PromisedCall(
                id=form.id,
                call=call.id,
                number=call.called if call.direction == "outbound" else call.caller,
                patient=name or "",
                patient_id=call.patient_id,
                at=form.call_again_at or 0,
                notes=form.notes,
            )
            for form, call, name in rows
        ]

    async def done(self, form_id: int, agent_id: int, *, done: bool) -> None:
        """Raises NotFoundError for a form that is not the agent's or promised nothing."""
        own = (WrapUpRow.id == form_id) & (WrapUpRow.agent_id == agent_id) & WrapUpRow.call_again_at.is_not(None)
        async with self._sessions() as session, session.begin():
            changed = await session.execute(
                update(WrapUpRow).where(own).values(called_again_at=clock.now_ms() if done else None)
            )
            if changed.rowcount != 1:  # type: ignore[attr-defined]
                raise NotFoundError
