"""Queries about webhooks and what waits for them."""

import base64
import secrets
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.integrations.model import Delivery, Webhook, WebhookDraft
from appliance.callcenter.integrations.tables import DeliveryRow, WebhookRow
from appliance.callcenter.records import RecordStore

SECRET_BYTES = 24


def new_secret() -> str:
    """As the Standard Webhooks convention writes secrets."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _webhook(row: WebhookRow, counts: dict[tuple[int, bool], int]) -> Webhook:
    return Webhook(
        id=row.id,
        name=row.name,
        url=row.url,
        secret=row.secret,
        types=tuple(row.types.split()),
        agents=tuple(row.agents.split()),
        queues=tuple(row.queues.split()),
        patients=row.patients,
        active=row.active,
        verify_tls=row.verify_tls,
        created_at=row.created_at,
        last_at=row.last_at,
        last_status=row.last_status,
        failures=row.failures,
        waiting=counts.get((row.id, False), 0),
        dead=counts.get((row.id, True), 0),
    )


_TOLD = ("seq", "type", "body", "created_at")
_FRESH = {"attempts": literal(0), "dead": literal(value=False), "error": literal("")}
_QUEUE = insert(DeliveryRow).from_select(
    ["webhook_id", *_TOLD, *_FRESH],
    select(WebhookRow.id, *(bindparam(name, type_=getattr(DeliveryRow, name).type) for name in _TOLD), *_FRESH.values())
    .where(WebhookRow.id == bindparam("webhook_id"))
    .with_for_update(read=True, key_share=True),
    include_defaults=False,
)
"""Locks the webhook's row, so that it cannot go between being found and being referred to."""


class WebhookStore(RecordStore[Webhook, WebhookDraft]):
    row = WebhookRow
    searched = (WebhookRow.name, WebhookRow.url)
    sorts = {"name": WebhookRow.name}  # noqa: RUF012
    order = WebhookRow.name

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Webhook, ...]:
        query = select(DeliveryRow.webhook_id, DeliveryRow.dead, func.count()).group_by(
            DeliveryRow.webhook_id, DeliveryRow.dead
        )
        counts = {(webhook, dead): count for webhook, dead, count in (await session.execute(query)).all()}
        return tuple(_webhook(row, counts) for row in rows)

    def values(self, draft: WebhookDraft) -> dict[str, Any]:
        return {
            "name": draft.name,
            "url": draft.url,
            "types": " ".join(draft.types),
            "agents": " ".join(draft.agents),
            "queues": " ".join(draft.queues),
            "patients": draft.patients,
            "active": draft.active,
            "verify_tls": draft.verify_tls,
        }

    def at_first(self) -> dict[str, Any]:
        return {"secret": new_secret(), "created_at": clock.now_ms()}


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        row.id, row.webhook_id, row.seq, row.type, row.body, row.created_at, attempts=row.attempts, error=row.error
    )


async def active(session: AsyncSession) -> list[Webhook]:
    rows = await session.scalars(select(WebhookRow).where(WebhookRow.active))
    return [_webhook(row, {}) for row in rows]


async def waiting(session: AsyncSession, webhook: int, limit: int) -> list[Delivery]:
    """What is to be sent next, in order."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == webhook, DeliveryRow.dead.is_(False))
    return [_delivery(row) for row in await session.scalars(query.order_by(DeliveryRow.id).limit(limit))]


def queue(connection: Connection, deliveries: list[dict[str, Any]]) -> None:
    """Store what is to be delivered; what was meant for a webhook that an administrator has just deleted is dropped."""
    connection.execute(_QUEUE, deliveries)


async def dead(session: AsyncSession, webhook: int, limit: int) -> list[Delivery]:
    """What could not be delivered, newest first."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == webhook, DeliveryRow.dead.is_(True))
    return [_delivery(row) for row in await session.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit))]


async def delivered(session: AsyncSession, delivery: Delivery, status: str) -> None:
    await session.execute(delete(DeliveryRow).where(DeliveryRow.id == delivery.id))
    await _note(session, delivery.webhook_id, status, 0)


async def failed(session: AsyncSession, delivery: Delivery, status: str, failures: int, *, is_dead: bool) -> None:
    values = {"attempts": delivery.attempts, "error": status[:200], "dead": is_dead}
    await session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery.id).values(**values))
    await _note(session, delivery.webhook_id, status, failures)


async def _note(session: AsyncSession, webhook: int, status: str, failures: int) -> None:
    values = {"last_at": clock.now_ms(), "last_status": status[:200], "failures": failures}
    await session.execute(update(WebhookRow).where(WebhookRow.id == webhook).values(**values))


async def revive(session: AsyncSession, webhook: int) -> int:
    """Everything that could not be delivered is to be tried again; how many."""
    which = (DeliveryRow.webhook_id == webhook, DeliveryRow.dead.is_(True))
    count = await session.scalar(select(func.count()).select_from(DeliveryRow).where(*which)) or 0
    fresh = {"dead": False, "attempts": 0, "created_at": clock.now_ms()}
    await session.execute(update(DeliveryRow).where(*which).values(**fresh))
    return count


async def discard_dead(session: AsyncSession, webhook: int) -> int:
    which = (DeliveryRow.webhook_id == webhook, DeliveryRow.dead.is_(True))
    count = await session.scalar(select(func.count()).select_from(DeliveryRow).where(*which)) or 0
    await session.execute(delete(DeliveryRow).where(*which))
    return count
