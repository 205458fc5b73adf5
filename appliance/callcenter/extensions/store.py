"""Queries about extensions."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.extensions.model import Extension, ExtensionDraft
from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.people.tables import AgentRow, UserRow
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.records import RecordStore
from appliance.callcenter.rooms.tables import RoomRow


class ExtensionStore(RecordStore[Extension, ExtensionDraft]):
    row = ExtensionRow
    searched = (ExtensionRow.number, ExtensionRow.name)
    sorts = {"number": ExtensionRow.number, "name": ExtensionRow.name}  # noqa: RUF012
    order = ExtensionRow.number
    same = ("number", "name", "outside_calls", "emergency")

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Extension, ...]:
        query = (
            select(AgentRow.extension_id, UserRow.name)
            .join(UserRow, UserRow.id == AgentRow.user_id)
            .where(AgentRow.extension_id.in_([row.id for row in rows]))
        )
        agents = dict((await session.execute(query)).all())
        return tuple(
            Extension(
                **self.alike(row),
                has_secret=bool(row.digest_ha1),
                agent=agents.get(row.id, ""),
                created_at=row.created_at,
            )
            for row in rows
        )

    def at_first(self) -> dict[str, Any]:
        return {"created_at": clock.now_ms()}


async def set_digest(session: AsyncSession, extension_id: int, digest_ha1: str) -> None:
    await session.execute(update(ExtensionRow).where(ExtensionRow.id == extension_id).values(digest_ha1=digest_ha1))


async def number_owner(session: AsyncSession, number: str) -> str | None:
    """What has the internal `number` already: "extension", "queue", "room" or None."""
    if await session.scalar(select(ExtensionRow.id).where(ExtensionRow.number == number)) is not None:
        return "extension"
    if await session.scalar(select(QueueRow.id).where(QueueRow.number == number)) is not None:
        return "queue"
    if await session.scalar(select(RoomRow.id).where(RoomRow.number == number)) is not None:
        return "room"
    return None
