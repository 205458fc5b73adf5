"""Tickets in the database, as call control writes them: each function is part of one transaction."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from appliance.callcenter.callbacks import rules
from appliance.callcenter.callbacks.model import OPEN, Cause, Kind, State, Ticket
from appliance.callcenter.callbacks.tables import CallbackAttemptRow, CallbackRow
from appliance.clock import Millis

_TABLE = CallbackRow.__table__


def _values(ticket: Ticket, now: Millis) -> dict[str, Any]:
    values = asdict(ticket)
    values["queue_id"], values["agent_id"] = values.pop("queue"), values.pop("agent")
    return {**values, "open_key": ticket.open_key, "changed_at": now}


def ticket_of(row: RowMapping) -> Ticket:
    values = dict(row)
    for name in ("open_key", "changed_at"):
        del values[name]
    values["queue"], values["agent"] = values.pop("queue_id"), values.pop("agent_id")
    values["kind"], values["state"] = Kind(values["kind"]), State(values["state"])
    values["cause"] = Cause(values["cause"])
    return Ticket(**values)


def read_open(connection: Connection) -> list[Ticket]:
    """All tickets that are not closed."""
    rows = connection.execute(select(_TABLE).where(CallbackRow.state.in_(OPEN)))
    return [ticket_of(row) for row in rows.mappings()]


def read_one(connection: Connection, key: str) -> list[Ticket]:
    """The ticket with that id, or nothing."""
    rows = connection.execute(select(_TABLE).where(CallbackRow.id == key))
    return [ticket_of(row) for row in rows.mappings()]


def read_changed(connection: Connection, since: Millis) -> list[Ticket]:
    """Tickets that were written at `since` or later, by whomever."""
    rows = connection.execute(select(_TABLE).where(CallbackRow.changed_at >= since))
    return [ticket_of(row) for row in rows.mappings()]


def put(connection: Connection, ticket: Ticket, now: Millis) -> bool:
    """Store a newer version; False when the database has one that is as new."""
    known = update(CallbackRow).where(CallbackRow.id == ticket.id, CallbackRow.version < ticket.version)
    return connection.execute(known.values(_values(ticket, now))).rowcount == 1


def ask(connection: Connection, ticket: Ticket, now: Millis) -> Ticket:
    """A new ticket, or the open one of the same queue and number with what the new one adds to it."""
    rows = connection.execute(select(_TABLE).where(CallbackRow.open_key == ticket.open_key)).mappings().all()
    if not rows:
        connection.execute(insert(CallbackRow).values(_values(ticket, now)))
        return ticket
    old = ticket_of(rows[0])
    merged = rules.asked_again(old, ticket)
    put(connection, merged, now)
    return merged


def claim(connection: Connection, ticket: Ticket, now: Millis) -> bool:
    """Write down the attempt `ticket.claim`, before anything is dialled. False when it must not be made."""
    waiting = update(CallbackRow).where(
        CallbackRow.id == ticket.id, CallbackRow.state == State.WAITING, CallbackRow.version < ticket.version
    )
    if connection.execute(waiting.values(_values(ticket, now))).rowcount != 1:
        return False
    values = {"id": ticket.claim, "callback_id": ticket.id, "agent_id": ticket.agent, "at": now, "result": ""}
    connection.execute(insert(CallbackAttemptRow).values(values))
    return True


def note_result(connection: Connection, call: str, result: str) -> None:
    """How the attempt ended."""
    connection.execute(update(CallbackAttemptRow).where(CallbackAttemptRow.id == call).values(result=result[:16]))
