"""Links of wallboards: made, revoked, and checked by their token."""

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from appliance import clock
from appliance.callcenter.forms import FormError
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.supervision import store
from appliance.callcenter.supervision.tables import WallboardLinkRow
from appliance.clock import Millis
from appliance.db import Sessions
from appliance.errors import NotFoundError

LANGUAGES = ("zh_CN", "en")
LONGEST_NAME = 40


@dataclass(frozen=True)
class WallboardLink:
    id: int
    name: str
    language: str
    created_at: Millis
    last_seen_at: Millis


def _model(row: WallboardLinkRow) -> WallboardLink:
    return WallboardLink(row.id, row.name, row.language, row.created_at, row.last_seen_at)


class WallboardService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def all(self) -> tuple[WallboardLink, ...]:
        async with self._sessions() as session:
            rows = await session.scalars(select(WallboardLinkRow).order_by(WallboardLinkRow.name))
            return tuple(map(_model, rows.all()))

    async def find(self, token: str) -> WallboardLink | None:
        """The link with that token; noted as seen just now."""
        if not 20 <= len(token) <= 100:
            return None
        async with self._sessions() as session, session.begin():
            row = await store.link_of(session, token)
            if row is None:
                return None
            row.last_seen_at = clock.now_ms()
            return _model(row)

    async def create(self, name: str, language: str, author: Author) -> str:
        """A new link's token, shown this once. Raises FormError."""
        name = name.strip()
        if not name or len(name) > LONGEST_NAME:
            raise FormError.of("name", "Please give a name of at most 40 characters")
        if language not in LANGUAGES:
            raise FormError.of("language", "Please choose")
        token = secrets.token_urlsafe(32)
        row = WallboardLinkRow(
            name=name, language=language, token_hash=store.token_hash(token), created_at=clock.now_ms()
        )
        try:
            async with self._sessions() as session, session.begin():
                session.add(row)
                await session.flush()
                audit.note(session, author, "create", "wallboard", row.id, name)
        except IntegrityError as error:
            raise FormError.of("name", "This is already in use") from error
        return token

    async def delete(self, link_id: int, author: Author) -> None:
        """Revoke it: wallboards that use it end within seconds. Raises NotFoundError."""
        async with self._sessions() as session, session.begin():
            row = await session.get(WallboardLinkRow, link_id)
            if row is None:
                raise NotFoundError
            audit.note(session, author, "delete", "wallboard", row.id, row.name)
            await session.delete(row)
