"""Administering keys. Their secrets are made here, shown once and kept only as a hash."""

import hashlib
import secrets
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.forms import FormError
from appliance.callcenter.integrations import key_store
from appliance.callcenter.integrations.key_store import KeyStore
from appliance.callcenter.integrations.model import ApiKey, ApiKeyDraft
from appliance.callcenter.integrations.tables import ApiKeyRow
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.records import RecordService
from appliance.callcenter.settings import store as settings_store
from appliance.db import Sessions

PREFIX = "hcc"


def secret_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyService(RecordService[ApiKey, ApiKeyDraft]):
    kind: ClassVar[str] = "api-key"
    hidden: ClassVar[frozenset[str]] = frozenset({"secret_hash"})

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, KeyStore())

    async def new_secret(self, key_id: int, author: Author) -> str:
        """The whole key, returned this once; an older secret of the same key ends."""
        public_id, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
        async with self._sessions() as session, session.begin():
            await self._store.get(session, key_id)
            await key_store.set_secret(session, key_id, public_id, secret_hash(secret), author.login)
            audit.note(session, author, "reset-secret", self.kind, key_id)
            await settings_store.bump_revision(session)
        return f"{PREFIX}_{public_id}_{secret}"

    async def check(self, session: AsyncSession, draft: ApiKeyDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name", ApiKeyRow.name, draft.name, record_id)
        if not draft.scopes:
            raise FormError.of("may_read", "Please choose at least one")
