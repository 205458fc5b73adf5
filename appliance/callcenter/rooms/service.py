"""Administering conference rooms: scheduled ones by the form, one for right now by a button."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.extensions.store import number_owner
from appliance.callcenter.forms import FormError, phrase
from appliance.callcenter.people.model import Author
from appliance.callcenter.records import RecordService
from appliance.callcenter.rooms import pins, store
from appliance.callcenter.rooms.model import Room, RoomDraft
from appliance.callcenter.rooms.store import RoomStore
from appliance.callcenter.rooms.tables import RoomRow
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.trunks.store import DidStore
from appliance.db import Sessions
from appliance.errors import ConflictError

AD_HOC_FROM = 69
"""Rooms made on the spot get the first free number that begins so."""
LARGEST = 20


@dataclass(frozen=True)
class MadeRoom:
    """A room made on the spot; the PINs are shown this once."""

    id: int
    number: str
    pin: str
    moderator_pin: str


class RoomService(RecordService[Room, RoomDraft]):
    kind: ClassVar[str] = "room"
    hidden: ClassVar[frozenset[str]] = RoomDraft.SECRET

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, RoomStore())
        self._dids = DidStore()

    async def create(self, draft: RoomDraft, author: Author) -> int:
        hashes = await _hashes(draft)
        async with self._sessions() as session, session.begin():
            await self.check(session, draft, None)
            return await self._insert(session, draft, hashes, author)

    async def _insert(self, session: AsyncSession, draft: RoomDraft, hashes: dict[str, str], author: Author) -> int:
        row = RoomRow(**self._store.values(draft), created_by=author.login, created_at=clock.now_ms())
        session.add(row)
        await session.flush()
        await _finish(session, row, draft, hashes)
        await self._changed(session, author, "create", row.id, self._words(None, draft))
        return row.id

    async def change(self, record_id: int, draft: RoomDraft, author: Author) -> None:
        hashes = await _hashes(draft)
        async with self._sessions() as session, session.begin():
            before = await self._store.get(session, record_id)
            await self.check(session, draft, record_id)
            await self._store.update(session, record_id, draft)
            row = await session.get_one(RoomRow, record_id)
            await _finish(session, row, draft, hashes)
            await self._changed(session, author, "change", record_id, self._words(before, draft))

    async def create_now(self, name: str, author: Author) -> MadeRoom:
        """A room for right now, with PINs made up."""
        pin, moderator_pin = pins.new_pin(), pins.new_pin()
        while moderator_pin == pin:
            moderator_pin = pins.new_pin()
        async with self._sessions() as session:
            number = await _free_number(session)
        draft = RoomDraft(number, name, pin, moderator_pin, "", "", "", record=False, largest=LARGEST)
        return MadeRoom(await self.create(draft, author), number, pin, moderator_pin)

    async def check(self, session: AsyncSession, draft: RoomDraft, record_id: int | None) -> None:
        digits = (await settings_store.load(session)).extension_digits
        if len(draft.number) != digits:
            raise FormError.of("number", phrase("Internal numbers have %(digits)s digits"), digits=digits)
        before = await self._store.get(session, record_id) if record_id is not None else None
        if before is not None and before.number == draft.number:
            return
        if await number_owner(session, draft.number) is not None:
            raise FormError.of("number", phrase("This is already in use"))

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        numbers = await self._dids.numbers_of(session, "room", record_id)
        if numbers:
            raise ConflictError("DID " + ", ".join(numbers))


async def _hashes(draft: RoomDraft) -> dict[str, str]:
    """What to store of the PINs that were given; others stay."""
    given = {"pin_hash": draft.pin, "moderator_hash": draft.moderator_pin}
    return {name: await asyncio.to_thread(pins.hash_pin, pin) for name, pin in given.items() if pin}


async def _finish(session: AsyncSession, row: RoomRow, draft: RoomDraft, hashes: dict[str, str]) -> None:
    zone = ZoneInfo((await settings_store.load(session)).time_zone)
    row.opens_at, row.closes_at = store.at(draft.starts, zone), store.at(draft.ends, zone)
    for name, value in hashes.items():
        setattr(row, name, value)
    await session.flush()


async def _free_number(session: AsyncSession) -> str:
    digits = (await settings_store.load(session)).extension_digits
    places = 10 ** (digits - 2)
    for number in range(AD_HOC_FROM * places, (AD_HOC_FROM + 1) * places):
        if await number_owner(session, str(number)) is None:
            return str(number)
    raise ConflictError
