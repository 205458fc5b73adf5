"""Talks that the telephone system cut off: the agent's screen says so until she, or somebody, has called back."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from appliance import clock
from appliance.callcenter.callbacks.model import Cause
from appliance.callcenter.calls.model import FAILOVER, Call, CutTalk, Direction, Outcome
from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.patients.tables import PatientRow
from appliance.text import lookup_number

SHOWN_MS = 60 * 60_000
LOADED_MS = 10 * 60_000
"""After one more start of call control only what was cut a moment ago is shown again."""


def note(floor: Floor, call: Call, cause: Cause, now: clock.Millis) -> None:
    """`call` was cut. Nothing is said where nobody of ours was in it, or nobody can be called back."""
    there = (leg.agent for leg in (call.partner, call.customer) if leg is not None and leg.agent)
    agent = next(there, call.talked_with)
    under_way = call.answered_at is not None or call.direction is Direction.OUTBOUND
    if agent is None or not under_way or call.room is not None or not lookup_number(call.remote):
        return
    patient = next((one for one in call.patients if one.id == call.patient_id), None)
    floor.cut_talks[agent] = CutTalk(
        call.id, call.remote, now, cause.value, patient.name if patient else "", call.patient_id
    )
    floor.touch_agent(agent)


def settle(floor: Floor, number: str) -> None:
    """Somebody talked with that number."""
    for agent in _told_of(floor, number):
        seen(floor, agent)


def owed(floor: Floor, number: str) -> None:
    """There is an entry in the list of callbacks for that number now: her screen is to offer it."""
    for agent in _told_of(floor, number):
        floor.touch_agent(agent)


def _told_of(floor: Floor, number: str) -> list[int]:
    """Agents whose screens tell of a cut talk with that number."""
    lookup = lookup_number(number)
    return [agent for agent, talk in floor.cut_talks.items() if lookup_number(talk.number) == lookup]


def seen(floor: Floor, agent: int) -> None:
    if floor.cut_talks.pop(agent, None) is not None:
        floor.touch_agent(agent)


def document(floor: Floor, agent: int) -> dict[str, Any] | None:
    """What her screen shows; `callback` is the entry of the list that she would settle."""
    talk = floor.cut_talks.get(agent)
    if talk is None or clock.now_ms() - talk.at > SHOWN_MS:
        return None
    tickets = floor.callbacks.of_number(talk.number)
    ticket = max(tickets, key=lambda one: (one.origin == talk.call, bool(one.cause), one.created_at), default=None)
    return {
        "call": talk.call,
        "number": talk.number,
        "at": talk.at,
        "cause": talk.cause,
        "patient": talk.patient,
        "patient_id": talk.patient_id,
        "callback": ticket.id if ticket is not None else "",
    }


async def load(session: AsyncSession, floor: Floor) -> None:
    """Talks cut a moment ago with nobody having talked with that number since."""
    later = aliased(InteractionRow)
    answered_since = (
        select(later.id)
        .where(
            later.remote_lookup == InteractionRow.remote_lookup,
            later.started_at > InteractionRow.started_at,
            later.answered_at.is_not(None),
        )
        .exists()
    )
    rows = await session.execute(
        select(InteractionRow, PatientRow.name)
        .outerjoin(PatientRow, PatientRow.id == InteractionRow.patient_id)
        .where(
            InteractionRow.started_at > clock.now_ms() - LOADED_MS - 4 * 3_600_000,
            InteractionRow.ended_at > clock.now_ms() - LOADED_MS,
            InteractionRow.outcome == Outcome.CUT.value,
            InteractionRow.remote_lookup != "",
            ~answered_since,
        )
        .order_by(InteractionRow.ended_at)
    )
    for row, patient in rows:
        if row.agent_id is None:
            continue
        number = row.called if row.direction == Direction.OUTBOUND else row.caller
        cause = Cause.of_cut(failover=row.hung_up_by == FAILOVER)
        floor.cut_talks[row.agent_id] = CutTalk(
            row.id, number, row.ended_at, cause.value, patient or "", row.patient_id
        )
