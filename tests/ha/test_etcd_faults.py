"""The etcd client while members die, freeze or cannot be reached, and when nobody answers whether a write was done."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from appliance.clock import boot_seconds
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import (
    EtcdCompareError,
    EtcdLeaseNotFoundError,
    EtcdOutcomeUnknownError,
)
from appliance.ha.etcd.model import Delete, KeyValue, Put, has_value, is_absent, is_unchanged
from tests.ha.etcd_cluster import Cluster, Relay
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-1", "HA-4")

KEY = b"/hcc/leader"
UNUSED_PORT = "https://127.0.77.1:9"


async def present(etcd: EtcdClient, key: bytes = KEY) -> KeyValue:
    found = await etcd.get(key, seconds=5)
    assert found is not None
    return found


@pytest.fixture
async def wired(cluster: Cluster, relay: Relay) -> AsyncIterator[EtcdClient]:
    """A client that asks through the wire first and has a connection there already; then the other members."""
    access = cluster.access(relay.url, *cluster.urls[1:])
    async with EtcdClient(replace(access, rest_seconds=(0.1,))) as wired:
        await wired.list(b"/")
        yield wired


@pytest.fixture
async def hasty(cluster: Cluster, relay: Relay) -> AsyncIterator[EtcdClient]:
    """The same, but it does not wait long for an answer."""
    access = cluster.access(relay.url, *cluster.urls[1:], try_seconds=0.5)
    async with EtcdClient(replace(access, rest_seconds=(0.1,))) as hasty:

        async def connected() -> bool:
            await hasty.list(b"/")
            return hasty.link.order()[0].url == relay.url

        await until(connected, 5, "it asks through the wire")
        yield hasty


# -- members that do not answer --------------------------------------------------------------------


async def test_an_endpoint_that_refuses_is_passed_over(cluster: Cluster, etcd: EtcdClient) -> None:
    access = replace(cluster.access(UNUSED_PORT, *cluster.urls), rest_seconds=(60.0,))
    async with EtcdClient(access) as client:
        written = await client.put(KEY, b"1")
        assert (await present(client)).mod_revision == written
        assert client.link.order()[-1].url == UNUSED_PORT


async def test_a_killed_member_costs_nothing_and_is_asked_again_when_it_is_back(
    cluster: Cluster, etcd: EtcdClient
) -> None:
    await cluster.lead(etcd, cluster.members[1])
    cluster.members[0].kill()
    for number in range(20):
        await etcd.write([is_absent(b"/n/%d" % number)], [Put(key=b"/n/%d" % number, value=b"")])
    assert (await etcd.list(b"/n/")).count == 20
    cluster.members[0].start()

    async def preferred() -> bool:
        await etcd.get(KEY)
        return etcd.link.order()[0].url == cluster.urls[0]

    await until(preferred, 10, "the first member is asked first again")


async def test_a_killed_leader_stops_writes_for_an_election_only(cluster: Cluster, etcd: EtcdClient) -> None:
    leader = await cluster.leader(etcd)
    leader.kill()
    await etcd.write([is_absent(KEY)], [Put(key=KEY, value=b"n1")], seconds=10)
    kept = await present(etcd)
    assert (kept.value, kept.version) == (b"n1", 1)


async def test_a_frozen_member_delays_the_first_request_only(cluster: Cluster, etcd: EtcdClient) -> None:
    await cluster.lead(etcd, cluster.members[1])
    await etcd.put(KEY, b"1")
    async with EtcdClient(replace(cluster.access(try_seconds=0.5), rest_seconds=(60.0,))) as client:
        await present(client)
        cluster.members[0].freeze()
        assert (await present(client)).value == b"1"
        assert client.link.is_resting(cluster.urls[0])
        assert (await present(client)).value == b"1"


# -- writes without an answer ----------------------------------------------------------------------


async def test_a_plain_write_without_an_answer_is_reported_as_unknown(wired: EtcdClient, relay: Relay) -> None:
    relay.cut_replies = True
    with pytest.raises(EtcdOutcomeUnknownError):
        await wired.put(KEY, b"arrived")
    assert (await present(wired)).value == b"arrived"
    relay.cut_replies = False
    await until(lambda: wired.link.order()[0].url == relay.url, 5, "the wire is used again")
    await present(wired)
    relay.cut_requests = True
    with pytest.raises(EtcdOutcomeUnknownError):
        await wired.delete(KEY)
    assert (await present(wired)).value == b"arrived"


@pytest.mark.parametrize("fault", ["cut_replies", "cut_requests"])
async def test_a_guarded_write_without_an_answer_is_found_out(wired: EtcdClient, relay: Relay, fault: str) -> None:
    setattr(relay, fault, True)
    revision = await wired.write([is_absent(KEY)], [Put(key=KEY, value=b"n1 boot 7")])
    kept = await present(wired)
    assert (kept.mod_revision, kept.version, kept.value) == (revision, 1, b"n1 boot 7")


@pytest.mark.parametrize("fault", ["cut_replies", "cut_requests"])
async def test_a_guarded_deletion_without_an_answer_is_found_out(wired: EtcdClient, relay: Relay, fault: str) -> None:
    await wired.put(KEY, b"1")
    known = await present(wired)
    setattr(relay, fault, True)
    assert await wired.write([is_unchanged(known)], [Delete(key=KEY)]) > known.mod_revision
    assert await wired.get(KEY) is None


async def test_a_request_that_arrives_late_does_not_happen_twice(
    cluster: Cluster, etcd: EtcdClient, hasty: EtcdClient, relay: Relay
) -> None:
    async def proposals() -> int:
        return (await etcd.status(cluster.urls[1])).raft_index

    known = await etcd.put(KEY, b"0")
    relay.passing.clear()
    revision = await hasty.write([is_unchanged(await present(etcd))], [Put(key=KEY, value=b"1")])
    after = await etcd.write([is_unchanged(await present(etcd))], [Put(key=KEY, value=b"2")])
    before = await proposals()
    relay.passing.set()

    async def arrived() -> bool:
        return await proposals() > before

    await until(arrived, 2, "the late request is decided on")
    kept = await present(etcd)
    assert known < revision < after == kept.mod_revision
    assert (kept.value, kept.version) == (b"2", 3)


async def test_a_write_that_was_overwritten_before_it_was_found_out_is_known_from_the_history(
    etcd: EtcdClient, wired: EtcdClient, relay: Relay
) -> None:
    await etcd.put(KEY, b"0")
    known = await present(etcd)
    relay.cut_replies = True
    transact, overwritten = wired.transact, []

    async def overwritten_meanwhile(*words: object, **more: object) -> object:
        try:
            return await transact(*words, **more)  # type: ignore[arg-type]
        except EtcdOutcomeUnknownError:
            if not overwritten:
                overwritten.append(await present(etcd))
                for value in (b"2", b"3"):
                    await etcd.put(KEY, value)
            raise

    wired.transact = overwritten_meanwhile  # type: ignore[method-assign, assignment]
    revision = await wired.write([is_unchanged(known)], [Put(key=KEY, value=b"1")])
    assert [(kv.value, kv.mod_revision) for kv in overwritten] == [(b"1", revision)]
    assert (await present(etcd)).value == b"3"


async def test_a_write_that_somebody_else_came_before_is_known_to_have_failed(
    etcd: EtcdClient, wired: EtcdClient, relay: Relay
) -> None:
    await etcd.put(KEY, b"0")
    known = await present(etcd)
    await etcd.put(KEY, b"theirs")
    for fault in ("cut_requests", "cut_replies"):
        setattr(relay, fault, True)
        with pytest.raises(EtcdCompareError) as caught:
            await wired.write([is_unchanged(known)], [Put(key=KEY, value=b"mine")])
        assert [kv.value for kv in caught.value.found] == [b"theirs"]
    with pytest.raises(EtcdCompareError):
        await wired.write([has_value(KEY, b"0"), is_absent(b"/other")], [Put(key=b"/other", value=b"mine")])


async def test_what_nobody_can_find_out_is_reported_as_unknown(
    cluster: Cluster, etcd: EtcdClient, relay: Relay
) -> None:
    async with EtcdClient(cluster.access(relay.url, request_seconds=1.0)) as alone:
        await alone.list(b"/")
        relay.cut_replies = True
        with pytest.raises(EtcdOutcomeUnknownError):
            await alone.write([is_absent(KEY)], [Put(key=KEY, value=b"1")])
    assert (await present(etcd)).value == b"1"


async def test_a_lease_whose_grant_was_not_answered_is_ours_all_the_same(wired: EtcdClient, relay: Relay) -> None:
    relay.cut_replies = True
    lease = await wired.lease_grant(60)
    assert (await wired.lease_state(lease.id)).granted_seconds == 60
    assert (await wired.lease_keep_alive(lease.id)).ttl_seconds == 60
    await wired.lease_revoke(lease.id)
    with pytest.raises(EtcdLeaseNotFoundError):
        await wired.write([is_absent(KEY)], [Put(key=KEY, value=b"1", lease=lease.id)])


async def test_every_step_of_a_counter_is_counted_once_while_wires_are_cut(cluster: Cluster, etcd: EtcdClient) -> None:
    """Two clients count up one key; their connections break before and after requests; nobody is ever in doubt."""
    await etcd.put(KEY, b"0")
    cuts = random.Random(4)
    done = []

    async def count(client: EtcdClient, relay: Relay, name: bytes) -> None:
        for _ in range(40):
            relay.cut_requests, relay.cut_replies = cuts.random() < 0.2, cuts.random() < 0.2
            while True:
                known = await present(client)
                value = b"%d %s" % (int(known.value.split()[0]) + 1, name)
                with contextlib.suppress(EtcdCompareError):
                    done.append(await client.write([is_unchanged(known)], [Put(key=KEY, value=value)]))
                    break

    async with contextlib.AsyncExitStack() as stack:
        counting = []
        for number, name in enumerate((b"a", b"b")):
            relay = await stack.enter_async_context(Relay(cluster.members[number]))
            access = replace(cluster.access(relay.url, cluster.urls[2]), rest_seconds=(0.02,))
            client = await stack.enter_async_context(EtcdClient(access))
            counting.append(count(client, relay, name))
        await asyncio.gather(*counting)
    kept = await present(etcd)
    assert (int(kept.value.split()[0]), kept.version, len(done), len(set(done))) == (80, 81, 80, 80)


async def test_a_lease_counts_from_the_question_however_slow_the_answer(wired: EtcdClient, relay: Relay) -> None:
    relay.reply_delay_seconds = 0.2
    lease = await wired.lease_grant(60)
    assert boot_seconds() - lease.sent_at >= 0.2
    renewed = await wired.lease_keep_alive(lease.id)
    assert boot_seconds() - renewed.sent_at >= 0.2
    assert renewed.deadline == renewed.sent_at + 60
