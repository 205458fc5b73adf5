"""Administering agents."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.forms import FormError
from appliance.callcenter.people import agent_store
from appliance.callcenter.people.agent_store import AgentStore
from appliance.callcenter.people.model import Agent, AgentDraft, Author
from appliance.callcenter.people.pins import Pins
from appliance.callcenter.people.tables import AgentRow, UserRow
from appliance.callcenter.people.user_service import HasCallsError
from appliance.callcenter.records import RecordService
from appliance.db import Sessions


class AgentService(RecordService[Agent, AgentDraft]):
    kind: ClassVar[str] = "agent"
    hidden: ClassVar[frozenset[str]] = frozenset({"pin"})

    def __init__(self, sessions: Sessions, pins: Pins) -> None:
        super().__init__(sessions, AgentStore())
        self._pins = pins

    async def create(self, draft: AgentDraft, author: Author) -> int:
        agent_id = await super().create(draft, author)
        if draft.pin:
            await self._pins.store(agent_id, draft.pin)
        return agent_id

    async def change(self, record_id: int, draft: AgentDraft, author: Author) -> None:
        await super().change(record_id, draft, author)
        if draft.pin:
            await self._pins.store(record_id, draft.pin)

    async def check(self, session: AsyncSession, draft: AgentDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "number", AgentRow.number, draft.number, record_id)
        await self.refuse_taken(session, "user_id", AgentRow.user_id, draft.user_id, record_id)
        if await session.get(UserRow, draft.user_id) is None:
            raise FormError.of("user_id", "Please choose one")
        if draft.extension_id is None:
            return
        if await session.get(ExtensionRow, draft.extension_id) is None:
            raise FormError.of("extension_id", "Please choose one")
        if await agent_store.extension_taken(session, draft.extension_id, record_id):
            raise FormError.of("extension_id", "This is already in use")

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        if await agent_store.has_calls(session, record_id):
            raise HasCallsError
