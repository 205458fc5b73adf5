"""Following keys: nothing missed and nothing told twice, whatever happens to the members and to the history."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest

from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdPermissionError, EtcdUnavailableError
from appliance.ha.etcd.model import Change, Put, is_absent
from appliance.ha.etcd.watch import Follower, Update
from tests.ha.etcd_cluster import READER, READER_PASSWORD, Cluster, Relay
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-1", "HA-6")

PREFIX = b"/hcc/"


class Reader:
    """Collects what a follower tells."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.updates: list[Update] = []
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for update in self.follower:
            self.updates.append(update)

    @property
    def changes(self) -> list[Change]:
        return [change for update in self.updates for change in update.changes]

    @property
    def now(self) -> dict[bytes, bytes]:
        return {key: kv.value for key, kv in self.updates[-1].kvs.items()} if self.updates else {}

    async def knows(self, wanted: Callable[[dict[bytes, bytes]], bool], seconds: float = 5) -> None:
        await until(lambda: self.updates and wanted(self.now), seconds, "the reader knows it", pause_seconds=0.01)

    def stop(self) -> None:
        self._task.cancel()


type Follow = Callable[..., AsyncIterator[Reader]]


@pytest.fixture
async def reader(etcd: EtcdClient) -> AsyncIterator[Reader]:
    async with Follower(etcd, PREFIX) as follower:
        reader = Reader(follower)
        await until(lambda: reader.updates and follower.endpoint, 5, "it follows")
        yield reader
        reader.stop()


async def test_every_change_is_told_once_and_in_order(etcd: EtcdClient, reader: Reader) -> None:
    assert (reader.updates[0].changes, dict(reader.updates[0].kvs)) == ((), {})
    big = b"x" * 1_000_000
    lease = await etcd.lease_grant(60)
    await etcd.put(PREFIX + b"a", b"1")
    await etcd.put(b"/elsewhere", b"1")
    await etcd.write([is_absent(PREFIX + b"b")], [Put(key=PREFIX + b"b", value=big, lease=lease.id)])
    await etcd.put(PREFIX + "键\0".encode(), b"\0")
    await etcd.delete(PREFIX + b"a")
    await etcd.lease_revoke(lease.id)
    await reader.knows(lambda now: now == {PREFIX + "键\0".encode(): b"\0"})
    told = [(change.kv.key.removeprefix(PREFIX), change.deleted, len(change.kv.value)) for change in reader.changes]
    assert told == [
        (b"a", False, 1),
        (b"b", False, len(big)),
        ("键\0".encode(), False, 1),
        (b"a", True, 0),
        (b"b", True, 0),
    ]
    assert (reader.follower.lists, reader.follower.streams) == (1, 1)


async def test_nothing_is_missed_or_doubled_when_the_member_of_the_watch_dies(
    cluster: Cluster, etcd: EtcdClient, reader: Reader
) -> None:
    written = 0

    async def write(times: int) -> None:
        nonlocal written
        for _ in range(times):
            written += 1
            await etcd.put(PREFIX + b"n", b"%d" % written, seconds=5)
            await asyncio.sleep(0.005)

    async def told() -> None:
        await reader.knows(lambda now: now.get(PREFIX + b"n") == b"%d" % written)

    await write(20)
    await told()
    at = reader.follower.endpoint
    cluster.member(at).kill()
    await until(lambda: reader.follower.endpoint not in {"", at}, 5, "the watch goes on elsewhere")
    await write(20)
    await told()
    assert (reader.follower.lists, reader.follower.streams) == (1, 2)
    assert [change.kv.value for change in reader.changes] == [b"%d" % number for number in range(1, written + 1)]


async def test_a_watch_at_a_frozen_member_is_noticed_by_looking(cluster: Cluster, etcd: EtcdClient) -> None:
    async with (
        EtcdClient(cluster.access(try_seconds=0.5)) as client,
        Follower(client, PREFIX, poll_seconds=0.3) as follower,
        contextlib.AsyncExitStack() as stack,
    ):
        reader = Reader(follower)
        await until(lambda: reader.updates and follower.endpoint, 5, "it follows")
        at = follower.endpoint
        others = [member for member in cluster.members if member.url != at]
        other = await stack.enter_async_context(EtcdClient(cluster.access(*(member.url for member in others))))
        await cluster.lead(etcd, others[0])
        cluster.member(at).freeze()
        await other.put(PREFIX + b"a", b"1", seconds=10)
        await reader.knows(lambda now: now == {PREFIX + b"a": b"1"})
        await until(lambda: follower.endpoint not in {"", at}, 5, "the watch goes on elsewhere")
        cluster.member(at).thaw()
        await other.put(PREFIX + b"a", b"2")
        await reader.knows(lambda now: now == {PREFIX + b"a": b"2"})
        assert [change.kv.value for change in reader.changes] == [b"1", b"2"]
        reader.stop()


async def test_what_was_compacted_away_is_told_from_a_new_listing(
    cluster: Cluster, etcd: EtcdClient, relay: Relay
) -> None:
    await etcd.put(PREFIX + b"goes", b"1")
    await etcd.put(PREFIX + b"changes", b"1")
    await etcd.put(PREFIX + b"stays", b"1")
    async with EtcdClient(cluster.access(relay.url)) as wired, Follower(wired, PREFIX, poll_seconds=60) as follower:
        reader = Reader(follower)
        await until(lambda: reader.updates and follower.endpoint, 5, "it follows")
        relay.passing.clear()
        relay.cut()
        await until(lambda: not follower.endpoint, 5, "it follows no more")
        await etcd.delete(PREFIX + b"goes")
        for value in (b"2", b"3"):
            last = await etcd.put(PREFIX + b"changes", value)
        await etcd.compact(await etcd.put(b"/elsewhere", b""))
        before = len(reader.changes)
        relay.passing.set()
        await reader.knows(lambda now: now == {PREFIX + b"changes": b"3", PREFIX + b"stays": b"1"})
        told = [(change.kv.key, change.deleted) for change in reader.changes[before:]]
        assert told == [(PREFIX + b"changes", False), (PREFIX + b"goes", True)]
        assert reader.changes[before].kv.mod_revision == last
        assert follower.lists == 2
        reader.stop()


async def test_without_a_majority_all_is_refused_in_time_and_the_watch_ends_until_there_is_one_again(
    cluster: Cluster, etcd: EtcdClient, reader: Reader
) -> None:
    await etcd.put(PREFIX + b"a", b"1")
    for member in cluster.members[1:]:
        member.kill()
    started = time.monotonic()
    with pytest.raises(EtcdUnavailableError):
        await etcd.get(PREFIX + b"a", seconds=0.5)
    assert time.monotonic() - started < 3 * 0.5

    async def knows_no_leader() -> bool:
        return (await etcd.status(cluster.urls[0])).leader == 0

    await until(knows_no_leader, 5, "the one that is left knows that it has no leader")
    # Asked for a leader, it says at once that it does nothing: no doubt about the outcome.
    with pytest.raises(EtcdUnavailableError):
        await etcd.put(PREFIX + b"a", b"2", seconds=0.4)
    await until(lambda: not reader.follower.endpoint, 8, "the watch has ended for want of a leader")
    await cluster.mend()
    await until(lambda: reader.follower.endpoint, 8, "it follows again")
    await etcd.put(PREFIX + b"a", b"3", seconds=5)
    await reader.knows(lambda now: now == {PREFIX + b"a": b"3"})
    assert [change.kv.value for change in reader.changes] == [b"1", b"3"]


async def test_a_watch_gets_a_new_token_but_nobody_watches_what_he_may_not_read(
    cluster: Cluster, etcd: EtcdClient, relay: Relay
) -> None:
    access = cluster.access(relay.url, user=READER, password=READER_PASSWORD)
    async with EtcdClient(access) as client, Follower(client, b"/read/", poll_seconds=60) as follower:
        reader = Reader(follower)
        await until(lambda: reader.updates and follower.endpoint, 5, "it follows")
        cluster.void_tokens(READER, READER_PASSWORD)
        relay.cut()
        await until(lambda: follower.streams > 1 and follower.endpoint, 5, "it follows again")
        await etcd.put(b"/read/a", b"1")
        await reader.knows(lambda now: now == {b"/read/a": b"1"})
        reader.stop()
        async with Follower(client, PREFIX) as forbidden:
            with pytest.raises(EtcdPermissionError):
                await asyncio.wait_for(anext(aiter(forbidden)), 10)


async def test_changes_that_nobody_reads_are_put_together(etcd: EtcdClient) -> None:
    async with Follower(etcd, PREFIX) as follower:
        await until(lambda: follower.endpoint, 5, "it follows")
        for number in range(50):
            last = await etcd.put(PREFIX + b"n", b"%d" % number)
        updates = aiter(follower)
        told: list[Change] = []
        while not told or told[-1].kv.mod_revision < last:
            told += (await asyncio.wait_for(anext(updates), 10)).changes
        assert [change.kv.value for change in told] == [b"%d" % number for number in range(50)]


async def test_following_begins_when_etcd_comes_up(cluster: Cluster, etcd: EtcdClient) -> None:
    for member in cluster.members[:2]:
        member.kill()
    async with Follower(etcd, PREFIX) as follower:
        with pytest.raises(EtcdUnavailableError):
            await etcd.get(PREFIX, seconds=0.3)
        assert follower.lists == 0
        for member in cluster.members[:2]:
            member.start()
        update = await asyncio.wait_for(anext(aiter(follower)), 30)
        assert dict(update.kvs) == {}
