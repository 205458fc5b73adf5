"""Telephones' registrations in the database, for the box that takes over. Asterisk itself never waits for it."""

import asyncio
import logging
from collections.abc import Iterable

from sqlalchemy import Connection, Engine, bindparam, delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.live.tables import RegistrationRow
from appliance.pbx import contacts
from appliance.pbx.console import Console
from appliance.pbx.contacts import Contact

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Who registered for the first time since, and is not known yet when the box dies, registers again by itself."""

_PUT = text(
    "INSERT INTO registration (key, document, expires_at) VALUES (:key, :document, :expires_at) "
    "ON CONFLICT (key) DO UPDATE SET document = excluded.document, expires_at = excluded.expires_at"
)
_REMOVE = delete(RegistrationRow).where(RegistrationRow.key == bindparam("gone"))


class Registrations:
    """Copies what changed. What this Asterisk has never had stays until it is over: it may have been put back late."""

    name = "registrations"

    def __init__(self, engine: Engine, console: Console) -> None:
        self._engine = engine
        self._console = console
        self._said = ""
        self._known: dict[str, Contact] = {}
        self._troubled = False

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def run(self) -> None:
        while True:
            try:
                await self.look()
                self._troubled = False
            except (OSError, TimeoutError) as error:
                log.debug("registrations not read: %r", error)  # Asterisk is away; others say so
            except SQLAlchemyError as error:
                if not self._troubled:
                    log.warning("registrations not stored: %s", error)
                self._troubled = True
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """One comparison. Raises OSError, TimeoutError, SQLAlchemyError."""
        await self.take(await self._console.say("database", "show", contacts.FAMILY))

    async def take(self, said: str) -> None:
        """What the console said. Raises SQLAlchemyError."""
        if said == self._said:
            return
        found = contacts.told(said)
        changed = [one for key, one in found.items() if self._known.get(key) != one]
        gone = [key for key in self._known if key not in found]
        await asyncio.to_thread(self._store, changed, gone)
        self._said, self._known = said, found

    def _store(self, changed: Iterable[Contact], gone: Iterable[str]) -> None:
        with self._engine.begin() as connection:
            _store(connection, changed, gone)


def _store(connection: Connection, changed: Iterable[Contact], gone: Iterable[str]) -> None:
    if rows := [{"key": one.key, "document": one.document, "expires_at": one.expires_at} for one in changed]:
        connection.execute(_PUT, rows)
    if keys := [{"gone": key} for key in gone]:
        connection.execute(_REMOVE, keys)
    connection.execute(delete(RegistrationRow).where(RegistrationRow.expires_at < clock.now_ms()))


async def load(session: AsyncSession) -> list[Contact]:
    """Registrations that are not over."""
    rows = await session.scalars(select(RegistrationRow).where(RegistrationRow.expires_at > clock.now_ms()))
    return [Contact(row.key, row.document, row.expires_at) for row in rows]
