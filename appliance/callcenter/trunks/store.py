"""Queries about trunks and outside numbers."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.records import RecordStore
from appliance.callcenter.trunks.model import Did, DidDraft, Trunk, TrunkDraft
from appliance.callcenter.trunks.tables import DidRow, TrunkRow


class TrunkStore(RecordStore[Trunk, TrunkDraft]):
    row = TrunkRow
    searched = (TrunkRow.name, TrunkRow.host, TrunkRow.caller_number)
    sorts = {"name": TrunkRow.name, "host": TrunkRow.host, "order": TrunkRow.order}  # noqa: RUF012
    order = TrunkRow.order
    same = (
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

    def model(self, row: TrunkRow) -> Trunk:
        return Trunk(**self.alike(row), has_password=bool(row.password))

    def values(self, draft: TrunkDraft) -> dict[str, Any]:
        return super().values(draft) | ({"password": draft.password} if draft.password else {})


class DidStore(RecordStore[Did, DidDraft]):
    row = DidRow
    searched = (DidRow.number, DidRow.name)
    sorts = {"number": DidRow.number, "name": DidRow.name}  # noqa: RUF012
    order = DidRow.number
    same = ("number", "name", "trunk_id", "sticky", "active")

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Did, ...]:
        trunks = dict((await session.execute(select(TrunkRow.id, TrunkRow.name))).all())
        return tuple(
            Did(
                **self.alike(row),
                trunk=trunks.get(row.trunk_id, ""),
                target=f"{row.target_kind}:{row.target_id}",
            )
            for row in rows
        )

    def values(self, draft: DidDraft) -> dict[str, Any]:
        kind, _, number = draft.target.partition(":")
        return super().values(draft) | {"target_kind": kind, "target_id": int(number)}

    async def numbers_of(self, session: AsyncSession, kind: str, target_id: int) -> list[str]:
        """The outside numbers answered by this flow, queue or extension."""
        query = select(DidRow.number).where(DidRow.target_kind == kind, DidRow.target_id == target_id)
        return list(await session.scalars(query.order_by(DidRow.number)))
