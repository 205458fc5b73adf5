"""What is queued for webhooks, also for one that an administrator deletes at that moment."""

import asyncio
import logging
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql

from appliance import db, schema
from appliance.callcenter.integrations import webhook_store
from appliance.callcenter.integrations.delivery import Deliveries
from appliance.callcenter.integrations.model import Event
from appliance.callcenter.integrations.sending import Sender
from appliance.callcenter.integrations.tables import DeliveryRow, WebhookRow
from appliance.callcenter.live.journal import LiveJournal


@pytest.mark.req("CTI-5")
async def test_events_for_a_webhook_deleted_just_now_are_dropped_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    await asyncio.to_thread(schema.upgrade, url)
    engine, plain = db.open_engine(url), db.open_plain_engine(url)
    sessions, journal = db.sessions(engine), LiveJournal(plain, "test")
    async with sessions() as session, session.begin():
        for name in ("stays", "goes"):
            session.add(WebhookRow(name=name, url="http://10.0.0.9:9/", secret="whsec_eA==", created_at=1))
    deliveries = Deliveries(journal, sessions, Sender(public=lambda: False))
    await deliveries.load()
    async with sessions() as session, session.begin():
        await session.execute(delete(WebhookRow).where(WebhookRow.name == "goes"))
    with caplog.at_level(logging.INFO):
        for seq in (1, 2):
            deliveries.add(Event(seq, 1000 + seq, "call.ended", "call:x", data={"outcome": "answered"}))
        await journal.close()
    async with sessions() as session:
        query = select(WebhookRow.name, DeliveryRow.seq, DeliveryRow.dead).join(DeliveryRow).order_by(DeliveryRow.id)
        assert (await session.execute(query)).all() == [("stays", 1, False), ("stays", 2, False)]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    await deliveries.close()
    await engine.dispose()
    plain.dispose()


def test_on_postgresql_the_webhook_cannot_go_while_it_is_being_referred_to() -> None:
    assert "FOR KEY SHARE" in str(webhook_store._QUEUE.compile(dialect=postgresql.dialect()))
