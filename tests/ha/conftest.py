"""One etcd of three members for all tests of this folder; after each test it is whole again."""

from collections.abc import AsyncIterator

import pytest

from appliance.ha.etcd.client import EtcdClient
from tests.ha.etcd_cluster import Cluster, Relay


@pytest.fixture(scope="package")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("etcd"))
    try:
        await cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
async def cluster(running: Cluster) -> AsyncIterator[Cluster]:
    yield running
    await running.mend()


@pytest.fixture
async def etcd(cluster: Cluster) -> AsyncIterator[EtcdClient]:
    """A client that knows all members, on an empty store."""
    async with EtcdClient(cluster.access()) as etcd:
        await etcd.delete_prefix(b"", seconds=5)
        yield etcd


@pytest.fixture
async def relay(cluster: Cluster, etcd: EtcdClient) -> AsyncIterator[Relay]:
    """A wire to the first member."""
    async with Relay(cluster.members[0]) as relay:
        yield relay
