"""The etcd client with a healthy cluster: every request, odd keys and values, users, and what is refused."""

import asyncio
import hashlib
import shutil
from asyncio.subprocess import PIPE
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import (
    EtcdCompactedError,
    EtcdCompareError,
    EtcdLeaseNotFoundError,
    EtcdPermissionError,
    EtcdRefusedError,
    EtcdUnavailableError,
)
from appliance.ha.etcd.model import Delete, Put, has_lease, has_value, is_absent, is_at, is_unchanged
from appliance.ha.etcd.snapshot import save_snapshot
from tests.ha.etcd_cluster import PASSWORD, READER, READER_PASSWORD, USER, Cluster, Relay, make_certificates

pytestmark = pytest.mark.req("HA-1")

NASTY = [
    b"\0",
    b"\0\0\0",
    b"plain",
    b"a\0b",
    b"line\nbreak\r\n",
    b'{"result":1}"\\',
    "病人/键名".encode(),
    "👩‍⚕️".encode(),
    b"\xff",
    b"\xff\xff\xfe",
    b"\xc3\x28 not utf-8",
    b"k" * 4096,
]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_keys_and_values_may_be_any_bytes(etcd: EtcdClient) -> None:
    for key in NASTY:
        await etcd.put(key, key[::-1])
    listing = await etcd.list(b"")
    assert [(kv.key, kv.value) for kv in listing.kvs] == [(key, key[::-1]) for key in sorted(NASTY)]
    assert [kv.key for kv in (await etcd.list(b"\xff")).kvs] == [b"\xff", b"\xff\xff\xfe"]
    assert [kv.key for kv in (await etcd.list(b"\0")).kvs] == [b"\0", b"\0\0\0"]
    assert await etcd.delete("病人/键名".encode()) == 1
    assert await etcd.get("病人/键名".encode()) is None
    assert await etcd.delete_prefix(b"\xff") == 2
    assert len((await etcd.list(b"")).kvs) == len(NASTY) - 3
    with pytest.raises(EtcdRefusedError, match="key is not provided"):
        await etcd.put(b"", b"x")


async def test_values_up_to_a_megabyte_come_back_whole(etcd: EtcdClient) -> None:
    big = bytes(range(256)) * 4096
    revision = await etcd.put(b"big", big)
    kept = await etcd.get(b"big")
    assert kept is not None
    assert (kept.value, kept.mod_revision, kept.version) == (big, revision, 1)
    for more, said in ((1_700_000, "request is too large"), (2**21, "larger than max")):
        with pytest.raises(EtcdRefusedError, match=said):
            await etcd.put(b"bigger", bytes(more))
    assert await etcd.get(b"bigger") is None


async def test_a_listing_can_be_limited(etcd: EtcdClient) -> None:
    for number in range(10):
        await etcd.put(f"/n/{number}".encode(), b"")
    some = await etcd.list(b"/n/", limit=3)
    assert [kv.key for kv in some.kvs] == [b"/n/0", b"/n/1", b"/n/2"]
    assert (some.more, some.count) == (True, 10)


async def test_a_write_happens_only_if_all_conditions_hold(etcd: EtcdClient) -> None:
    created = await etcd.write([is_absent(b"/leader")], [Put(key=b"/leader", value=b"n1")])
    first = await etcd.get(b"/leader")
    assert first is not None
    assert (first.create_revision, first.value) == (created, b"n1")
    with pytest.raises(EtcdCompareError) as caught:
        await etcd.write([is_absent(b"/leader")], [Put(key=b"/leader", value=b"n2")])
    assert caught.value.found == (first,)
    both = [has_value(b"/leader", b"n1"), is_at(b"/sync", 0)]
    written = await etcd.write(both, [Put(key=b"/sync", value=b"n1"), Put(key=b"/epoch", value=b"1")])
    assert [kv.mod_revision for kv in (await etcd.list(b"/")).kvs] == [written, created, written]
    with pytest.raises(EtcdCompareError):
        await etcd.write([has_value(b"/leader", b"n2"), is_unchanged(first)], [Put(key=b"/leader", value=b"n3")])
    await etcd.write([is_unchanged(first)], [Put(key=b"/leader", value=b"n2")])
    with pytest.raises(EtcdCompareError) as caught:
        await etcd.write([is_unchanged(first)], [Delete(key=b"/leader")])
    assert [kv.value for kv in caught.value.found] == [b"n2"]
    await etcd.write([is_unchanged(caught.value.found[0])], [Delete(key=b"/leader")])
    assert await etcd.get(b"/leader") is None


async def test_a_write_that_could_happen_twice_is_not_sent(etcd: EtcdClient) -> None:
    for when in ([], [has_value(b"/a", b"1")], [is_absent(b"/b")]):
        with pytest.raises(ValueError, match="happening twice"):
            await etcd.write(when, [Put(key=b"/a", value=b"2")])


async def test_leases_carry_keys_and_end(etcd: EtcdClient) -> None:
    lease = await etcd.lease_grant(60)
    await etcd.write([is_absent(b"/leader")], [Put(key=b"/leader", value=b"n1", lease=lease.id)])
    guarded = [has_lease(b"/leader", lease.id), is_absent(b"/sync")]
    await etcd.write(guarded, [Put(key=b"/sync", value=b"x")])
    renewed = await etcd.lease_keep_alive(lease.id)
    assert renewed.ttl_seconds == 60
    assert renewed.sent_at > lease.sent_at
    state = await etcd.lease_state(lease.id)
    assert (state.granted_seconds, state.keys) == (60, (b"/leader",))
    assert 50 < state.left_seconds <= 60
    assert await etcd.lease_revoke(lease.id) is True
    assert await etcd.lease_revoke(lease.id) is False
    assert await etcd.get(b"/leader") is None
    for gone in (etcd.lease_keep_alive(lease.id), etcd.lease_state(lease.id), etcd.put(b"/x", b"", lease=lease.id)):
        with pytest.raises(EtcdLeaseNotFoundError):
            await gone


async def test_old_revisions_are_readable_until_compacted(etcd: EtcdClient) -> None:
    old = await etcd.put(b"/a", b"1")
    new = await etcd.put(b"/a", b"2")
    before = await etcd.get(b"/a", revision=old)
    assert before is not None
    assert before.value == b"1"
    await etcd.compact(new)
    await etcd.compact(new)
    with pytest.raises(EtcdCompactedError):
        await etcd.get(b"/a", revision=old)


async def test_users_may_do_what_their_role_allows(cluster: Cluster, etcd: EtcdClient) -> None:
    await etcd.put(b"/read/a", b"1")
    async with EtcdClient(cluster.access(user=READER, password=READER_PASSWORD)) as reader:
        kept = await reader.get(b"/read/a")
        assert kept is not None
        assert kept.value == b"1"
        for refused in (reader.put(b"/read/a", b"2"), reader.get(b"/other"), reader.defragment(cluster.urls[0])):
            with pytest.raises(EtcdPermissionError):
                await refused
    for access in (cluster.access(password="wrong"), cluster.access(user="")):
        async with EtcdClient(access) as stranger:
            with pytest.raises(EtcdPermissionError):
                await stranger.get(b"/read/a")


async def test_renewed_certificates_are_used_without_a_restart(
    cluster: Cluster, etcd: EtcdClient, tmp_path: Path
) -> None:
    mine = make_certificates(tmp_path)
    async with EtcdClient(replace(cluster.access(request_seconds=0.4), certificates=mine)) as client:
        with pytest.raises(EtcdUnavailableError):
            await client.put(b"/a", b"1")
        for new, old in zip(astuple(cluster.certificates), astuple(mine), strict=True):
            shutil.copy(new, old)
        client.link.load_certificates()
        assert await client.put(b"/a", b"1")


async def test_a_token_that_is_no_longer_good_is_replaced(cluster: Cluster, etcd: EtcdClient) -> None:
    async with EtcdClient(cluster.access(user=READER, password=READER_PASSWORD)) as reader:
        await etcd.put(b"/read/a", b"1")
        assert await reader.get(b"/read/a")
        cluster.void_tokens(READER, READER_PASSWORD)
        assert await reader.get(b"/read/a")
        cluster.void_tokens(USER, PASSWORD)
        for _ in range(2):
            await etcd.write([is_at(b"/a", 0)], [Put(key=b"/a", value=b"")])
            assert await etcd.delete(b"/a") == 1
        cluster.etcdctl("user", "revoke-role", READER, "reading")
        with pytest.raises(EtcdPermissionError):
            await reader.get(b"/read/a")
        cluster.etcdctl("user", "grant-role", READER, "reading")


async def test_the_cluster_describes_itself(cluster: Cluster, etcd: EtcdClient) -> None:
    members = await etcd.members()
    assert sorted((one.name, one.client_urls) for one in members) == [(one.name, (one.url,)) for one in cluster.members]
    found = [await etcd.status(url) for url in cluster.urls]
    assert {status.member_id for status in found} == {member.id for member in members}
    assert len({status.leader for status in found}) == 1
    assert all(status.version.startswith("3.") and 0 < status.used_bytes <= status.size_bytes for status in found)
    assert await etcd.alarms() == ()
    await etcd.defragment(cluster.urls[1])


async def test_the_leader_moves_where_it_is_sent(cluster: Cluster, etcd: EtcdClient) -> None:
    for member in cluster.members:
        await cluster.lead(etcd, member)
        assert await cluster.leader(etcd) is member
    with pytest.raises(EtcdRefusedError):
        await etcd.move_leader(12345)


async def test_a_snapshot_is_whole_or_not_there(
    cluster: Cluster, etcd: EtcdClient, relay: Relay, tmp_path: Path
) -> None:
    await etcd.put(b"/kept", b"x" * 500_000)
    target = tmp_path / "etcd.snapshot"
    size = await save_snapshot(etcd, target)
    content = target.read_bytes()
    assert (len(content), hashlib.sha256(content[:-32]).digest()) == (size, content[-32:])
    words = ["snapshot", "restore", str(target), f"--data-dir={tmp_path / 'restored'}"]
    restoring = await asyncio.create_subprocess_exec("etcdutl", *words, stdout=PIPE, stderr=PIPE)
    said = await asyncio.wait_for(restoring.communicate(), 20)
    assert restoring.returncode == 0, said
    with pytest.raises(FileExistsError):
        await save_snapshot(etcd, target)
    async with EtcdClient(cluster.access(relay.url)) as cut_off:
        await cut_off.get(b"/kept")
        relay.cut_after_bytes = 100_000
        with pytest.raises(EtcdUnavailableError):
            await save_snapshot(cut_off, tmp_path / "broken")
    assert names_in(tmp_path) == ["etcd.snapshot", "restored"]
