"""Administering webhooks: what they get, a try, and what could not be delivered."""

from typing import ClassVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.integrations import webhook_store
from appliance.callcenter.integrations.model import Delivery, Webhook, WebhookDraft
from appliance.callcenter.integrations.sending import Sender, Sent
from appliance.callcenter.integrations.tables import WebhookRow
from appliance.callcenter.integrations.webhook_store import WebhookStore
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.records import RecordService
from appliance.callcenter.settings import store as settings_store
from appliance.db import Sessions

DEAD_SHOWN = 100


class WebhookService(RecordService[Webhook, WebhookDraft]):
    kind: ClassVar[str] = "webhook"
    hidden: ClassVar[frozenset[str]] = frozenset({"secret"})

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, WebhookStore())

    async def check(self, session: AsyncSession, draft: WebhookDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name", WebhookRow.name, draft.name, record_id)

    async def dead(self, webhook_id: int) -> list[Delivery]:
        async with self._sessions() as session:
            return await webhook_store.dead(session, webhook_id, DEAD_SHOWN)

    async def revive(self, webhook_id: int, author: Author) -> int:
        """Everything that could not be delivered is sent once more."""
        async with self._sessions() as session, session.begin():
            count = await webhook_store.revive(session, webhook_id)
            audit.note(session, author, "retry", self.kind, webhook_id, str(count))
            await settings_store.bump_revision(session)
        return count

    async def discard(self, webhook_id: int, author: Author) -> int:
        async with self._sessions() as session, session.begin():
            count = await webhook_store.discard_dead(session, webhook_id)
            audit.note(session, author, "delete", self.kind, webhook_id, f"{count} events")
        return count

    async def try_out(self, webhook_id: int, author: Author) -> Sent:
        """Send a test event now, signed like the others."""
        webhook = await self.get(webhook_id)
        async with self._sessions() as session, session.begin():
            public = (await settings_store.load(session)).webhooks_to_public
            audit.note(session, author, "test", self.kind, webhook_id)
        now = clock.now_ms()
        body = msgspec.json.encode({"seq": 0, "at": now, "type": "test", "data": {"webhook": webhook.name}}).decode()
        sender = Sender(public=lambda: public)
        try:
            return await sender.send(webhook, f"test_{now}", body)
        finally:
            await sender.close()
