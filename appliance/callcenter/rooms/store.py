"""Queries about conference rooms."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.records import RecordStore
from appliance.callcenter.rooms.model import LiveRoom, Room, RoomDraft, RoomEntry
from appliance.callcenter.rooms.tables import RoomRow
from appliance.clock import Millis

_KNOWN = (
    "id",
    "number",
    "name",
    "pin_hash",
    "moderator_hash",
    "opens_at",
    "closes_at",
    "record",
    "largest",
    "created_by",
    "call_invited",
    "called_for",
)


class RoomStore(RecordStore[Room, RoomDraft]):
    row = RoomRow
    searched = (RoomRow.number, RoomRow.name, RoomRow.created_by)
    sorts = {"number": RoomRow.number, "name": RoomRow.name, "starts": RoomRow.starts}  # noqa: RUF012
    order = RoomRow.number
    same = ("number", "name", "starts", "ends", "invitees", "record", "largest", "call_invited")
    """PINs are stored by the service, which hashes them."""

    def model(self, row: RoomRow) -> Room:
        return Room(
            **self.alike(row),
            has_pin=bool(row.pin_hash),
            has_moderator_pin=bool(row.moderator_hash),
            created_by=row.created_by,
        )


def at(local: str, zone: ZoneInfo) -> Millis | None:
    """The instant of a local time as the form has it."""
    return clock.from_datetime(datetime.fromisoformat(local).replace(tzinfo=zone)) if local else None


async def load(session: AsyncSession) -> dict[str, RoomEntry]:
    """Every room, by its number."""
    rows = (await session.scalars(select(RoomRow))).all()
    return {
        row.number: RoomEntry(**{name: getattr(row, name) for name in _KNOWN}, invitees=tuple(row.invitees.split()))
        for row in rows
    }


async def live(session: AsyncSession) -> dict[str, LiveRoom]:
    """What call control stored of rooms in which somebody was."""
    rows = await session.scalars(select(RoomRow.live).where(RoomRow.live != ""))
    rooms = [msgspec.json.decode(document, type=LiveRoom) for document in rows]
    return {room.number: room for room in rooms}


def keep(number: str, room: LiveRoom | None) -> Callable[[Connection], None]:
    """For the journal: what lasts of the room; None when it is empty."""
    document = msgspec.json.encode(room).decode() if room is not None else ""

    def write(connection: Connection) -> None:
        connection.execute(update(RoomRow).where(RoomRow.number == number).values(live=document))

    return write


def note_called(number: str, opens_at: Millis) -> Callable[[Connection], None]:
    """For the journal: those invited are called for this beginning, and never again for it."""

    def write(connection: Connection) -> None:
        connection.execute(update(RoomRow).where(RoomRow.number == number).values(called_for=opens_at))

    return write


async def numbers(session: AsyncSession) -> set[str]:
    return set(await session.scalars(select(RoomRow.number)))
