"""Tells etcd what this box says of itself, on a lease of its own: who falls silent disappears."""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from appliance.ha.agent import keys
from appliance.ha.agent.status import Status
from appliance.ha.agent.troubles import Troubles
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError, EtcdLeaseNotFoundError

log = logging.getLogger(__name__)

BEAT_SECONDS, TTL_SECONDS = 1.5, 5


class Publisher:
    """A part of the agent."""

    name = "publisher"

    def __init__(self, etcd: EtcdClient, node: str, status: Callable[[], Status | None]) -> None:
        self._etcd = etcd
        self._key = keys.node_key(node)
        self._status = status
        self._lease = 0
        self._troubles = Troubles(log)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        self._lease = 0

    async def run(self) -> None:
        while True:
            try:
                await self._publish()
            except EtcdLeaseNotFoundError:
                self._lease = 0
                continue
            except EtcdError as error:
                self._troubles.fails("publishing our state", error)
            else:
                self._troubles.works("publishing our state")
            await asyncio.sleep(BEAT_SECONDS)

    async def _publish(self) -> None:
        status = self._status()
        if status is None:
            return
        if self._lease:
            await self._etcd.lease_keep_alive(self._lease)
        else:
            self._lease = (await self._etcd.lease_grant(TTL_SECONDS)).id
        await self._etcd.put(self._key, msgspec.json.encode(status), lease=self._lease)
