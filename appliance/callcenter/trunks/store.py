"""Queries about trunks and outside numbers."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.records import RecordStore
from appliance.callcenter.trunks.model import Did, DidDraft, Trunk, TrunkDraft
from appliance.callcenter.trunks.tables import DidRow, TrunkRow

_SHARED = (
    "name",
    "kind",
    "host",
    "port",
    "transport",
    "username",
    "caller_number",
    "outbound_strip",
    "outbound_prefix",
    "order",
    "max_calls",
    "active",
)


class TrunkStore(RecordStore[Trunk, TrunkDraft]):
    row = TrunkRow
    searched = (TrunkRow.name, TrunkRow.host, TrunkRow.caller_number)
    sorts = {"name": TrunkRow.name, "host": TrunkRow.host, "order": TrunkRow.order}  # noqa: RUF012
    order = TrunkRow.order

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Trunk, ...]:  # noqa: ARG002 - others look things up
        return tuple(
            Trunk(
                id=row.id,
                has_password=bool(row.password),
                **{name: getattr(row, name) for name in _SHARED},
            )
            for row in rows
        )

    def values(self, draft: TrunkDraft) -> dict[str, Any]:
        shared = {name: getattr(draft, name) for name in _SHARED}
        return shared | ({"password": draft.password} if draft.password else {})


class DidStore(RecordStore[Did, DidDraft]):
    row = DidRow
    searched = (DidRow.number, DidRow.name)
    sorts = {"number": DidRow.number, "name": DidRow.name}  # noqa: RUF012
    order = DidRow.number

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Did, ...]:
        trunks = dict((await session.execute(select(TrunkRow.id, TrunkRow.name))).all())
        return tuple(
            Did(
                id=row.id,
                number=row.number,
                name=row.name,
                trunk_id=row.trunk_id,
                trunk=trunks.get(row.trunk_id, ""),
                target=f"{row.target_kind}:{row.target_id}",
                active=row.active,
            )
            for row in rows
        )

    def values(self, draft: DidDraft) -> dict[str, Any]:
        kind, _, number = draft.target.partition(":")
        return {
            "number": draft.number,
            "name": draft.name,
            "trunk_id": draft.trunk_id,
            "target_kind": kind,
            "target_id": int(number),
            "active": draft.active,
        }

    async def numbers_of(self, session: AsyncSession, kind: str, target_id: int) -> list[str]:
        """The outside numbers answered by this flow, queue or extension."""
        query = select(DidRow.number).where(DidRow.target_kind == kind, DidRow.target_id == target_id)
        return list(await session.scalars(query.order_by(DidRow.number)))
