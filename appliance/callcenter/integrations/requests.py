"""Requests that must not be done twice: claimed before they are done, answered the same for a day."""

import hashlib
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from appliance import clock
from appliance.callcenter.integrations.errors import (
    BadKeyError,
    OtherRequestError,
    SameRequestError,
    UnknownOutcomeError,
)
from appliance.callcenter.integrations.model import Document
from appliance.callcenter.integrations.rules import DAY_MS
from appliance.callcenter.integrations.tables import IdempotentRequestRow
from appliance.db import Sessions


@dataclass(frozen=True)
class Answer:
    """What is told, as HTTP would."""

    status: int
    document: Document
    replayed: bool = False


class Requests:
    """The claim stands in the database before anything is done, so that a restart in between is noticed."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._running: set[tuple[int, str]] = set()

    async def claim(self, key: int, request: str, content: Document) -> Answer | None:
        """None: it is new, do it and `finish`. Raises one of three errors when it can neither be done nor answered."""
        told = hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
        row = IdempotentRequestRow(key_id=key, request_id=request, content_hash=told, at=clock.now_ms())
        try:
            async with self._sessions() as session, session.begin():
                session.add(row)
        except IntegrityError:
            return await self._known(key, request, told)
        self._running.add((key, request))
        return None

    async def _known(self, key: int, request: str, told: str) -> Answer:
        async with self._sessions() as session:
            row = await session.get(IdempotentRequestRow, (key, request))
        if row is None:  # it was the key that is not there any more
            raise BadKeyError
        if row.content_hash != told:
            raise OtherRequestError
        if row.status is None:
            raise SameRequestError if (key, request) in self._running else UnknownOutcomeError
        return Answer(row.status, msgspec.json.decode(row.answer), replayed=True)

    async def finish(self, key: int, request: str, answer: Answer) -> None:
        text = msgspec.json.encode(answer.document).decode()
        this = (IdempotentRequestRow.key_id == key, IdempotentRequestRow.request_id == request)
        async with self._sessions() as session, session.begin():
            await session.execute(update(IdempotentRequestRow).where(*this).values(status=answer.status, answer=text))
        self._running.discard((key, request))

    async def release(self, key: int, request: str) -> None:
        """Nothing was done: the same request may come again."""
        this = (IdempotentRequestRow.key_id == key, IdempotentRequestRow.request_id == request)
        async with self._sessions() as session, session.begin():
            await session.execute(delete(IdempotentRequestRow).where(*this))
        self._running.discard((key, request))

    async def prune(self) -> None:
        async with self._sessions() as session, session.begin():
            old = IdempotentRequestRow.at < clock.now_ms() - DAY_MS
            await session.execute(delete(IdempotentRequestRow).where(old))
