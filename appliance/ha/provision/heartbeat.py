"""The witness's only program besides etcd: says every few seconds that it is there."""

import asyncio
import contextlib
import logging

import msgspec

from appliance import clock
from appliance.ha.cluster_file import Cluster
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError, EtcdLeaseNotFoundError
from appliance.ha.etcd.model import Lease
from appliance.ha.provision.administration import access
from appliance.ha.provision.places import Places

log = logging.getLogger(__name__)

PREFIX = "/hcc/witness/"
BEAT_SECONDS = 10.0
KEPT_SECONDS = 60
"""How long the key outlives the witness: as long as that it counts as heard of."""


class Beat(msgspec.Struct, frozen=True):
    """The value of the key."""

    name: str
    since: clock.Millis


class Heartbeat:
    """A part of the program `witness`."""

    name = "heartbeat"

    def __init__(self, places: Places, cluster: Cluster) -> None:
        self._places = places
        self._cluster = cluster
        self._etcd: EtcdClient | None = None
        self._lease: Lease | None = None
        self._heard = True

    async def open(self) -> None:
        self._etcd = EtcdClient(access(self._places, self._cluster, as_root=False))
        await self._etcd.link.open()

    async def close(self) -> None:
        if self._etcd is not None:
            with contextlib.suppress(EtcdError):
                await self._etcd.link.close()
            self._etcd = None

    async def run(self) -> None:
        while True:
            try:
                await self._beat()
                self._note(heard=True)
            except EtcdLeaseNotFoundError:
                self._lease = None
                continue
            except EtcdError as error:
                self._note(heard=False, reason=str(error))
            self._reload()
            await asyncio.sleep(BEAT_SECONDS)

    async def _beat(self) -> None:
        assert self._etcd is not None
        if self._lease is not None:
            await self._etcd.lease_keep_alive(self._lease.id)
            return
        lease = await self._etcd.lease_grant(KEPT_SECONDS)
        beat = msgspec.json.encode(Beat(self._cluster.me, clock.now_ms()))
        await self._etcd.put(f"{PREFIX}{self._cluster.me}".encode(), beat, lease=lease.id)
        self._lease = lease

    def _reload(self) -> None:
        """A certificate may have been renewed."""
        assert self._etcd is not None
        self._etcd.link.load_certificates()

    def _note(self, *, heard: bool, reason: str = "") -> None:
        """Once when it breaks, once when it is back."""
        if heard == self._heard:
            return
        self._heard = heard
        if heard:
            log.info("the cluster answers again")
        else:
            log.warning("the cluster does not answer: %s", reason)
