"""Administering extensions. Secrets are made here, shown once and kept only as the digest SIP needs."""

import hashlib
import secrets
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.extensions import store
from appliance.callcenter.extensions.model import Extension, ExtensionDraft
from appliance.callcenter.extensions.store import ExtensionStore
from appliance.callcenter.forms import FormError
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.records import RecordService
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.trunks.store import DidStore
from appliance.db import Sessions
from appliance.errors import ConflictError

REALM = "hcc"
SECRET_LENGTH = 16
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 signs nobody mistakes for one another when typing them into a phone: 80 bits in a secret."""


def digest_ha1(number: str, secret: str) -> str:
    """A1 of RFC 2617 3.2.2.2; phones know no other algorithm than MD5."""
    return hashlib.md5(f"{number}:{REALM}:{secret}".encode(), usedforsecurity=False).hexdigest()


def new_secret() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))


class ExtensionService(RecordService[Extension, ExtensionDraft]):
    kind: ClassVar[str] = "extension"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, ExtensionStore())
        self._dids = DidStore()

    async def reset_secret(self, extension_id: int, author: Author) -> str:
        """A new secret, returned this once."""
        secret = new_secret()
        async with self._sessions() as session, session.begin():
            extension = await self._store.get(session, extension_id)
            await store.set_digest(session, extension_id, digest_ha1(extension.number, secret))
            audit.note(session, author, "reset-secret", self.kind, extension_id)
            await settings_store.bump_revision(session)
        return secret

    async def check(self, session: AsyncSession, draft: ExtensionDraft, record_id: int | None) -> None:
        if record_id is not None:
            if (await self._store.get(session, record_id)).number != draft.number:
                raise FormError.of("number", "The number cannot be changed")
            return
        digits = (await settings_store.load(session)).extension_digits
        if len(draft.number) != digits:
            raise FormError.of("number", "Internal numbers have %(digits)s digits", digits=digits)
        if await store.number_owner(session, draft.number) is not None:
            raise FormError.of("number", "This is already in use")

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        numbers = await self._dids.numbers_of(session, "extension", record_id)
        if numbers:
            raise ConflictError("DID " + ", ".join(numbers))
