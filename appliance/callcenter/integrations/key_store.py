"""Queries about keys."""

import secrets
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.integrations.model import ApiKey, ApiKeyDraft, Scope
from appliance.callcenter.integrations.tables import ApiKeyRow
from appliance.callcenter.records import RecordStore
from appliance.clock import Millis


def key_of(row: ApiKeyRow) -> ApiKey:
    known = {scope.value for scope in Scope}
    return ApiKey(
        id=row.id,
        name=row.name,
        public_id=row.public_id,
        scopes=frozenset(Scope(word) for word in row.scopes.split() if word in known),
        sources=tuple(row.sources.split()),
        agents=tuple(row.agents.split()),
        queues=tuple(row.queues.split()),
        origins=tuple(row.origins.split()),
        per_second=row.per_second,
        lease_seconds=row.lease_seconds,
        expires_on=row.expires_on,
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        last_used_address=row.last_used_address,
        secret_hash=row.secret_hash,
    )


class KeyStore(RecordStore[ApiKey, ApiKeyDraft]):
    row = ApiKeyRow
    searched = (ApiKeyRow.name, ApiKeyRow.public_id)
    sorts = {"name": ApiKeyRow.name, "used": ApiKeyRow.last_used_at}  # noqa: RUF012
    order = ApiKeyRow.name

    def model(self, row: ApiKeyRow) -> ApiKey:
        return key_of(row)

    def values(self, draft: ApiKeyDraft) -> dict[str, Any]:
        return {
            "name": draft.name,
            "scopes": " ".join(scope.value for scope in draft.scopes),
            "sources": " ".join(draft.sources),
            "agents": " ".join(draft.agents),
            "queues": " ".join(draft.queues),
            "origins": " ".join(draft.origins),
            "per_second": draft.per_second,
            "lease_seconds": draft.lease_seconds,
            "expires_on": draft.expires_on,
        }

    def at_first(self) -> dict[str, Any]:
        return {"public_id": secrets.token_hex(5), "created_at": clock.now_ms()}


async def set_secret(session: AsyncSession, key_id: int, public_id: str, secret_hash: str, author: str) -> None:
    values = {"public_id": public_id, "secret_hash": secret_hash, "created_by": author}
    await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(**values))


async def usable(session: AsyncSession) -> list[ApiKey]:
    """Every key that has been shown to somebody."""
    rows = await session.scalars(select(ApiKeyRow).where(ApiKeyRow.secret_hash != ""))
    return [key_of(row) for row in rows]


async def used(session: AsyncSession, uses: dict[int, tuple[Millis, str]]) -> None:
    """Note when keys were used last and from where."""
    for key, (at, address) in uses.items():
        values = {"last_used_at": at, "last_used_address": address}
        await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key).values(**values))
