"""Records that are administered as lists and forms: one way to store, change, audit and delete them all."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.forms import FormError
from appliance.callcenter.listing import Listing, Results, containing, fetch
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.settings.store import bump_revision
from appliance.db import Sessions
from appliance.errors import ConflictError, NotFoundError


class Identified(Protocol):
    @property
    def id(self) -> int: ...


class RecordStore[Model: Identified, Draft]:
    """Queries on one table (and what hangs on its rows)."""

    row: ClassVar[Any]
    searched: ClassVar[tuple[Any, ...]]
    sorts: ClassVar[Mapping[str, Any]]
    order: ClassVar[Any]
    """A column; it is read from the class, because from an object it would read a row."""
    same: ClassVar[tuple[str, ...]] = ()
    """What row, record and draft have alike, under one name."""

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Model, ...]:  # noqa: ARG002
        """Rows as callers may have them, in the same order. Where other tables must be read, this is overridden."""
        return tuple(self.model(row) for row in rows)

    def model(self, row: Any) -> Model:
        """One row, where that alone says all."""
        raise NotImplementedError

    def values(self, draft: Draft) -> dict[str, Any]:
        """Columns to store for `draft`."""
        return {name: getattr(draft, name) for name in self.same}

    def alike(self, row: Any) -> dict[str, Any]:
        """The id, and what a record has as its row has it."""
        return {"id": row.id, **{name: getattr(row, name) for name in self.same}}

    def at_first(self) -> dict[str, Any]:
        """Columns that only a new row is given."""
        return {}

    async def attach(self, session: AsyncSession, record_id: int, draft: Draft) -> None:
        """Store what belongs to the record in other tables; most have nothing there."""

    async def find(self, session: AsyncSession, listing: Listing) -> Results[Model]:
        query = select(self.row)
        if listing.text.strip():
            query = query.where(containing(listing.text, *self.searched))
        rows, total = await fetch(session, query, listing, self.sorts, type(self).order, self.row.id)
        return Results(await self.models(session, [row for (row,) in rows]), total, listing)

    async def get(self, session: AsyncSession, record_id: int) -> Model:
        row = await session.get(self.row, record_id)
        if row is None:
            raise NotFoundError
        return (await self.models(session, [row]))[0]

    async def insert(self, session: AsyncSession, draft: Draft) -> int:
        row = self.row(**self.values(draft), **self.at_first())
        session.add(row)
        await session.flush()
        await self.attach(session, row.id, draft)
        return int(row.id)

    async def update(self, session: AsyncSession, record_id: int, draft: Draft) -> None:
        row = await session.get(self.row, record_id)
        if row is None:
            raise NotFoundError
        for name, value in self.values(draft).items():
            setattr(row, name, value)
        await session.flush()
        await self.attach(session, record_id, draft)

    async def delete(self, session: AsyncSession, record_id: int) -> None:
        row = await session.get(self.row, record_id)
        if row is None:
            raise NotFoundError
        await session.delete(row)
        await session.flush()

    async def taken(self, session: AsyncSession, column: Any, value: Any, but: int | None) -> bool:
        """Whether a record other than `but` has `value` there."""
        query = select(self.row.id).where(column == value)
        if but is not None:
            query = query.where(self.row.id != but)
        return (await session.scalar(query)) is not None


class RecordService[Model: Identified, Draft]:
    """Transactions, checks, audit and the configuration's revision around a store."""

    kind: ClassVar[str]
    """What the audit log calls such a record."""
    hidden: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose values never go into the audit log."""

    def __init__(self, sessions: Sessions, store: RecordStore[Model, Draft]) -> None:
        self._sessions = sessions
        self._store = store

    async def find(self, listing: Listing) -> Results[Model]:
        async with self._sessions() as session, session.begin():
            return await self._store.find(session, listing)

    async def get(self, record_id: int) -> Model:
        async with self._sessions() as session, session.begin():
            return await self._store.get(session, record_id)

    async def create(self, draft: Draft, author: Author) -> int:
        try:
            async with self._sessions() as session, session.begin():
                await self.check(session, draft, None)
                record_id = await self._store.insert(session, draft)
                await self._changed(session, author, "create", record_id, self._words(None, draft))
                return record_id
        except IntegrityError as error:
            raise ConflictError from error

    async def change(self, record_id: int, draft: Draft, author: Author) -> None:
        try:
            async with self._sessions() as session, session.begin():
                before = await self._store.get(session, record_id)
                await self.check(session, draft, record_id)
                await self._store.update(session, record_id, draft)
                await self.after_change(session, before, draft)
                await self._changed(session, author, "change", record_id, self._words(before, draft))
        except IntegrityError as error:
            raise ConflictError from error

    async def delete(self, record_id: int, author: Author) -> None:
        try:
            async with self._sessions() as session, session.begin():
                before = await self._store.get(session, record_id)
                await self.check_delete(session, record_id)
                await self._store.delete(session, record_id)
                await self._changed(session, author, "delete", record_id, self._words(before, before))
        except IntegrityError as error:
            raise ConflictError from error

    async def check(self, session: AsyncSession, draft: Draft, record_id: int | None) -> None:
        """Refuse what the form alone cannot know: names taken, things missing. Raises FormError."""

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        """Refuse to delete what is in use. Raises ConflictError."""

    async def after_change(self, session: AsyncSession, before: Model, draft: Draft) -> None:
        """What a change brings about elsewhere."""

    async def refuse_taken(
        self, session: AsyncSession, name: str, column: Any, value: Any, record_id: int | None
    ) -> None:
        if await self._store.taken(session, column, value, record_id):
            raise FormError.of(name, "This is already in use")

    async def _changed(
        self, session: AsyncSession, author: Author, action: str, record_id: int | str, detail: str
    ) -> None:
        audit.note(session, author, action, self.kind, record_id, detail)
        await bump_revision(session)

    def _words(self, before: object, after: object) -> str:
        return differences(before, after, self.hidden)


def differences(before: object, after: object, hidden: frozenset[str] = frozenset()) -> str:
    """What changed, as "name: old → new"; without a `before`, or with the same one, simply what there is."""
    parts = []
    for item in dataclasses.fields(after):  # type: ignore[arg-type]
        new = getattr(after, item.name)
        old = getattr(before, item.name, None)
        if item.name in hidden:
            parts.append(f"{item.name}: ***" if new else "")
        elif before is None or before is after:
            parts.append(f"{item.name}: {new}" if new not in {None, "", ()} else "")
        elif old != new:
            parts.append(f"{item.name}: {old} → {new}")
    return "; ".join(part for part in parts if part)
