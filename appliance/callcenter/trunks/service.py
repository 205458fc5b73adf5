"""Administering trunks and outside numbers."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.forms import FormError
from appliance.callcenter.ivr.tables import FlowRow
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.records import RecordService
from appliance.callcenter.rooms.tables import RoomRow
from appliance.callcenter.trunks.model import Did, DidDraft, Trunk, TrunkDraft
from appliance.callcenter.trunks.store import DidStore, TrunkStore
from appliance.callcenter.trunks.tables import DidRow, TrunkRow
from appliance.db import Sessions

TARGETS: dict[str, type[Any]] = {"flow": FlowRow, "queue": QueueRow, "extension": ExtensionRow, "room": RoomRow}


class TrunkService(RecordService[Trunk, TrunkDraft]):
    kind: ClassVar[str] = "trunk"
    hidden: ClassVar[frozenset[str]] = frozenset({"password"})

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, TrunkStore())

    async def check(self, session: AsyncSession, draft: TrunkDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name", TrunkRow.name, draft.name, record_id)
        stored = record_id is not None and (await self._store.get(session, record_id)).has_password
        if draft.kind == "register" and not draft.password and not stored:
            raise FormError.of("password", "Please fill this in")


class DidService(RecordService[Did, DidDraft]):
    kind: ClassVar[str] = "did"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, DidStore())

    async def check(self, session: AsyncSession, draft: DidDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "number", DidRow.number, draft.number, record_id)
        kind, _, number = draft.target.partition(":")
        if await session.get(TARGETS[kind], int(number)) is None:
            raise FormError.of("target", "Please choose one")
        if draft.trunk_id is not None and await session.get(TrunkRow, draft.trunk_id) is None:
            raise FormError.of("trunk_id", "Please choose one")


def target_choices(
    flows: Sequence[Any], queues: Sequence[Any], extensions: Sequence[Any], rooms: Sequence[Any]
) -> list[tuple[str, str, str]]:
    """(value, kind, text) of everything that can answer an outside number."""
    return [
        *((f"flow:{flow.id}", "flow", flow.name) for flow in flows),
        *((f"queue:{queue.id}", "queue", f"{queue.name} {queue.number}") for queue in queues),
        *((f"room:{one.id}", "room", f"{one.number} {one.name}") for one in rooms),
        *((f"extension:{one.id}", "extension", f"{one.number} {one.name}") for one in extensions),
    ]
