"""Delivering events to webhooks, each in its own order and at its own pace; call control never waits for one."""

import asyncio
import contextlib
import logging
from dataclasses import replace
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.integrations import webhook_store
from appliance.callcenter.integrations.model import Delivery, Event, Webhook
from appliance.callcenter.integrations.rules import PutAside, after_failure
from appliance.callcenter.integrations.sending import Sender
from appliance.callcenter.live.journal import LiveJournal
from appliance.db import Sessions

log = logging.getLogger(__name__)

AT_ONCE = 50
DATABASE_SECONDS = 2.0


class Deliveries:
    """Events are queued in the database together with the log, and taken from there one after the other."""

    def __init__(self, journal: LiveJournal, sessions: Sessions, sender: Sender) -> None:
        self._journal = journal
        self._sessions = sessions
        self._sender = sender
        self._webhooks: dict[int, Webhook] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._wake: dict[int, asyncio.Event] = {}
        """Set when something was queued for a webhook; `_changed` when somebody changed it."""
        self._changed: dict[int, asyncio.Event] = {}
        self._failures: dict[int, int] = {}
        """Of each webhook in a row."""

    @property
    def wanted(self) -> bool:
        return bool(self._webhooks)

    async def load(self) -> None:
        """Read which webhooks there are; what waits for them is looked at again."""
        async with self._sessions() as session:
            self._webhooks = {webhook.id: webhook for webhook in await webhook_store.active(session)}
        for key in [key for key in self._workers if key not in self._webhooks]:
            self._workers.pop(key).cancel()
        for key in self._webhooks:
            self._wake.setdefault(key, asyncio.Event()).set()
            self._changed.setdefault(key, asyncio.Event()).set()
            if key not in self._workers:
                self._workers[key] = asyncio.create_task(self._work(key), name=f"webhook {key}")

    async def close(self) -> None:
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._workers.clear()
        await self._sender.close()

    def add(self, event: Event) -> None:
        """Queue the event for every webhook that wants it."""
        wanted = [webhook for webhook in self._webhooks.values() if webhook.filter.passes(event)]
        if not wanted:
            return
        told = {"seq": event.seq, "type": event.type, "created_at": event.at}
        rows = [{"webhook_id": one.id, "body": one.filter.text(event), **told} for one in wanted]
        self._journal.store(partial(webhook_store.queue, deliveries=rows))
        for webhook in wanted:
            self._journal.then(self._wake[webhook.id].set)

    async def _work(self, key: int) -> None:
        while True:
            try:
                pause = await self._deliver_some(key)
            except (SQLAlchemyError, OSError) as error:
                log.warning("webhook %s: %s", key, error)
                pause = DATABASE_SECONDS
            await self._rest(key, pause)

    async def _rest(self, key: int, pause: float | None) -> None:
        """Until there is something new (None), or for so many seconds: what is new does not shorten a pause."""
        signal = self._wake[key] if pause is None else self._changed[key]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(signal.wait(), pause)
        signal.clear()

    async def _deliver_some(self, key: int) -> float | None:
        """Send what waits, until there is nothing (None) or it has to pause (seconds)."""
        async with self._sessions() as session:
            waiting = await webhook_store.waiting(session, key, AT_ONCE)
        for delivery in waiting:
            webhook = self._webhooks.get(key)
            if webhook is None:
                return None
            pause = await self._deliver(webhook, delivery)
            if pause:
                return pause
        return 0 if len(waiting) == AT_ONCE else None

    async def _deliver(self, webhook: Webhook, delivery: Delivery) -> float:
        """How many seconds to pause; 0 when the event was taken or put aside."""
        sent = await self._sender.send(webhook, f"evt_{delivery.seq}", delivery.body)
        if sent.taken:
            async with self._sessions() as session, session.begin():
                await webhook_store.delivered(session, delivery, sent.text)
            self._failures.pop(webhook.id, None)
            return 0
        return await self._failed(webhook, delivery, sent.status, sent.text)

    async def _failed(self, webhook: Webhook, delivery: Delivery, status: int | None, text: str) -> float:
        failures = self._failures[webhook.id] = self._failures.get(webhook.id, webhook.failures) + 1
        tried = replace(delivery, attempts=delivery.attempts + 1)
        next_step = after_failure(status, tried.attempts, failures, clock.now_ms() - delivery.created_at)
        is_dead = isinstance(next_step, PutAside)
        async with self._sessions() as session, session.begin():
            await webhook_store.failed(session, tried, text, failures, is_dead=is_dead)
        if failures == 1:
            log.info("webhook %s does not take events: %s", webhook.name, text)
        return 0 if isinstance(next_step, PutAside) else next_step.seconds
