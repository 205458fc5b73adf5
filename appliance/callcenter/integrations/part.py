"""WebCTI as a part of the desk program: what runs beside the requests."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.integrations import event_store
from appliance.callcenter.integrations.delivery import Deliveries
from appliance.callcenter.integrations.event_log import EventLog
from appliance.callcenter.integrations.keyring import KeyRing
from appliance.callcenter.integrations.leases import Leases
from appliance.callcenter.integrations.model import Scope
from appliance.callcenter.integrations.requests import Requests
from appliance.callcenter.integrations.watching import Watcher
from appliance.db import Sessions
from appliance.events import Subscription

log = logging.getLogger(__name__)

CHANGES_AT_ONCE = 20_000
HOUSEKEEPING_SECONDS = 20.0


class Integrations:
    """Follows call control's changes; while nobody listens, it does nothing with them."""

    name = "webcti"

    def __init__(
        self,
        floor: Floor,
        sessions: Sessions,
        *,
        keyring: KeyRing,
        log: EventLog,
        leases: Leases,
        requests: Requests,
        deliveries: Deliveries,
    ) -> None:
        self._floor = floor
        self._sessions = sessions
        self._keyring = keyring
        self._log = log
        self._leases = leases
        self._requests = requests
        self._deliveries = deliveries
        self._watcher: Watcher | None = None

    async def open(self) -> None:
        """After call control: its floor is what integrators are told about."""
        await self._keyring.load()
        await self._log.open()
        await self._leases.open()
        await self._deliveries.load()
        await self._begin_or_stop()

    async def run(self) -> None:
        with self._floor.changes.subscribe(CHANGES_AT_ONCE) as changes:
            if self._watcher is not None:
                await self._catch_up(self._watcher)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(changes), name="webcti changes")
                group.create_task(self._keep_house(), name="webcti housekeeping")

    async def close(self) -> None:
        await self._deliveries.close()
        await self._keyring.store_uses()

    async def _follow(self, changes: Subscription[Change]) -> None:
        while True:
            change = await changes.get()
            if self._watcher is not None:
                self._watcher.see(change)
            if "configuration" in change and "pbx" not in change:
                await self._configured()
            if changes.overflowed.is_set():
                changes.overflowed.clear()
                changes.drain()
                if self._watcher is not None:
                    await self._catch_up(self._watcher)

    async def _configured(self) -> None:
        """Somebody changed something: maybe a key or a webhook."""
        try:
            await self._keyring.load()
            await self._deliveries.load()
            await self._begin_or_stop()
        except (SQLAlchemyError, OSError) as error:
            log.warning("keys and webhooks not read: %s", error)

    async def _begin_or_stop(self) -> None:
        wanted = self._deliveries.wanted or any(Scope.EVENTS in key.scopes for key in self._keyring.keys)
        if wanted and self._watcher is None:
            watcher = Watcher(self._floor, self._log, self._deliveries.add)
            async with self._sessions() as session:
                watcher.resume(await event_store.last_of_each_subject(session))
            await self._catch_up(watcher)
            self._watcher = watcher
        elif not wanted:
            self._watcher = None

    async def _catch_up(self, watcher: Watcher) -> None:
        """Tell what happened while nobody was looking."""
        for call in watcher.lost_calls():
            async with self._sessions() as session:
                ending = await event_store.ending_of(session, call)
            watcher.call_ended(call, ending)
        watcher.compare_all()

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            try:
                await self._keyring.store_uses()
                await self._log.prune()
                await self._requests.prune()
            except (SQLAlchemyError, OSError) as error:
                log.warning("webcti housekeeping: %s", error)
