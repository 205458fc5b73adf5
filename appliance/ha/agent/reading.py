"""Reads all keys again and again, at once when a watch says that something changed; and who is raft's leader."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from appliance.clock import now_ms
from appliance.ha.agent import keys
from appliance.ha.agent.parts import Changed, Clock, boot_clock
from appliance.ha.agent.picture import KeysError, Picture, understood
from appliance.ha.agent.troubles import Troubles
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError
from appliance.ha.etcd.watch import Follower

log = logging.getLogger(__name__)

READ_SECONDS = 0.5
RETRY_SECONDS = 0.1


class KeysReader:
    """A part of the agent. `picture` is the last read; it stays when etcd falls silent."""

    name = "keys"

    def __init__(
        self, etcd: EtcdClient, raft_leader: Callable[[], str | None], changed: Changed, clock: Clock = boot_clock
    ) -> None:
        self._etcd = etcd
        self._raft_leader = raft_leader
        self._changed = changed
        self._clock = clock
        self._wake = asyncio.Event()
        self._troubles = Troubles(log)
        self.picture = Picture()

    def read_now(self) -> None:
        """Something was written."""
        self._wake.set()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_on())
            tasks.create_task(self._follow())

    async def _follow(self) -> None:
        async with Follower(self._etcd, keys.PREFIX) as updates:
            async for update in updates:
                if any(not change.kv.key.startswith(keys.NODES) for change in update.changes):
                    self.read_now()

    async def _read_on(self) -> None:
        while True:
            self._wake.clear()
            pause = READ_SECONDS if await self._read() else RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _read(self) -> bool:
        asked_at = self._clock()
        try:
            listing = await self._etcd.list(keys.PREFIX)
            picture = understood(
                listing.kvs,
                revision=listing.revision,
                read_at=asked_at,
                raft_leader=self._raft_leader(),
                wall_ms=now_ms(),
            )
        except (EtcdError, KeysError) as error:
            self._troubles.fails("reading the pair's keys", error)
            return False
        self._troubles.works("reading the pair's keys")
        before, self.picture = self.picture.etcd, picture
        is_new = (before.revision, before.raft_leader) != (picture.etcd.revision, picture.etcd.raft_leader)
        if is_new:
            self._changed()
        return True
