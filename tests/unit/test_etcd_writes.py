"""Guarded writes against every order of losses: what is told is what happened. The store is etcd's rules in memory."""

import contextlib
import hashlib
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.ha.etcd import snapshot as etcd_snapshot
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import (
    EtcdCompareError,
    EtcdOutcomeUnknownError,
    EtcdUnavailableError,
    Verdict,
    verdict_on,
)
from appliance.ha.etcd.link import Access
from appliance.ha.etcd.model import (
    Blob,
    Change,
    Compare,
    Delete,
    Get,
    Header,
    KeyValue,
    Listing,
    Operation,
    Put,
    StepReply,
    TransactionReply,
    WatchReply,
    end_of_prefix,
    is_absent,
    is_at,
)
from appliance.ha.etcd.watch import Follower, differences
from appliance.ha.etcd.writes import GuardedWrite

pytestmark = pytest.mark.req("HA-1", "HA-4")

KEY = b"/sync"
FAULTS = ("none", "request lost", "answer lost", "late", "unreachable")
OTHERS = ("nothing", "put", "put twice", "delete", "delete and create")


@dataclass
class MemoryStore:
    """One key with its history. Each sending of a transaction meets the next fault; then others do something."""

    faults: list[str]
    others: list[str]
    history: list[KeyValue | None] = field(default_factory=lambda: [None])
    late: list[tuple[Sequence[Compare], Sequence[Operation]]] = field(default_factory=list)
    ours: list[int] = field(default_factory=list)
    """Revisions of what came from the write under test."""

    @property
    def revision(self) -> int:
        return len(self.history) - 1

    def put(self, value: bytes) -> None:
        old, revision = self.history[-1], self.revision + 1
        created, version = (old.create_revision, old.version + 1) if old else (revision, 1)
        kv = KeyValue(key=KEY, value=value, create_revision=created, mod_revision=revision, version=version)
        self.history.append(kv)

    def delete(self) -> None:
        if self.history[-1] is not None:
            self.history.append(None)

    def carry_out(self, when: Sequence[Compare], then: Sequence[Operation]) -> TransactionReply:
        now = self.history[-1]
        at = now.mod_revision if now else 0
        if any(compare.revision != at for compare in when):
            found = StepReply(response_range=Listing(kvs=(now,) if now else ()))
            return TransactionReply(header=Header(revision=self.revision), responses=(found,))
        for operation in then:
            if isinstance(operation, Put):
                self.put(operation.value)
            else:
                self.delete()
        self.ours.append(self.revision)
        return TransactionReply(header=Header(revision=self.revision), succeeded=True)

    def others_act(self) -> None:
        match self.others.pop(0) if self.others else "nothing":
            case "put":
                self.put(b"theirs")
            case "put twice":
                self.put(b"theirs")
                self.put(b"theirs too")
            case "delete":
                self.delete()
            case "delete and create":
                self.delete()
                self.put(b"theirs")
        for when, then in self.late:
            self.carry_out(when, then)
        self.late.clear()

    async def transact(
        self,
        when: Sequence[Compare],
        then: Sequence[Operation],
        otherwise: Sequence[Operation] = (),
        *,
        seconds: float | None = None,
    ) -> TransactionReply:
        assert all(isinstance(operation, Get) for operation in otherwise)
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "unreachable":
            raise EtcdUnavailableError
        if fault == "none":
            return self.carry_out(when, then)
        if fault == "answer lost":
            self.carry_out(when, then)
        if fault == "late":
            self.late.append((when, then))
        self.others_act()
        raise EtcdOutcomeUnknownError

    async def get(self, key: bytes, *, revision: int = 0, seconds: float | None = None) -> KeyValue | None:
        assert key == KEY
        return self.history[revision or -1]


async def check(store: MemoryStore, write: GuardedWrite) -> str:
    """Run the write and compare what it says with what happened; returns what it said."""
    try:
        revision = await write.run(10)
    except EtcdCompareError:
        created_and_deleted = store.ours and store.history[0] is None and None in store.history[1:]
        assert store.ours == [] or created_and_deleted, "it said that nothing was written"
        return "refused"
    except EtcdOutcomeUnknownError:
        return "unknown"
    except EtcdUnavailableError:
        assert store.ours == []
        return "unavailable"
    if store.history[revision] is None:
        assert store.history[-1] is None, "it said that the key is gone, whoever deleted it"
    else:
        assert revision in store.ours, "it said that it was written"
    return "written"


def fresh(*, existing: bool, faults: Sequence[str], others: Sequence[str]) -> MemoryStore:
    store = MemoryStore(list(faults), list(others))
    if existing:
        store.put(b"old")
    return store


@pytest.mark.parametrize(("existing", "deletes"), [(True, False), (True, True), (False, False)])
async def test_every_pair_of_faults_and_of_what_others_do(*, existing: bool, deletes: bool) -> None:
    said: set[str] = set()
    for faults in itertools.product(FAULTS, repeat=2):
        for others in itertools.product(OTHERS, repeat=2):
            store = fresh(existing=existing, faults=faults, others=others)
            operation = Delete(key=KEY) if deletes else Put(key=KEY, value=b"ours")
            said.add(await check(store, GuardedWrite(store, [is_at(KEY, int(existing))], [operation])))
            assert len(store.ours) <= 1 or "delete" in str(others) or not existing
    assert {"written", "refused", "unavailable", "unknown"} >= said >= {"written", "unavailable"}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FAULTS), max_size=6), st.lists(st.sampled_from(OTHERS), max_size=6))
async def test_a_changed_key_is_changed_once_at_most(faults: list[str], others: list[str]) -> None:
    store = fresh(existing=True, faults=faults, others=others)
    await check(store, GuardedWrite(store, [is_at(KEY, 1)], [Put(key=KEY, value=b"ours")]))
    assert len(store.ours) <= 1
    assert sum(1 for kv in store.history if kv and kv.value == b"ours") == len(store.ours)


def test_deleting_what_is_absent_keeps_nothing_from_happening_twice() -> None:
    with pytest.raises(ValueError, match="happening twice"):
        GuardedWrite(fresh(existing=False, faults=[], others=[]), [is_absent(KEY)], [Delete(key=KEY)])


async def test_a_creation_under_a_condition_on_another_key_is_refused() -> None:
    store = fresh(existing=True, faults=[], others=[])
    with pytest.raises(EtcdCompareError):
        await GuardedWrite(store, [is_absent(KEY)], [Put(key=KEY, value=b"ours")]).run(1)


@pytest.mark.parametrize(
    ("code", "text", "wanted"),
    [
        (14, "etcdserver: no leader", Verdict.NOT_DONE),
        (8, "etcdserver: too many requests", Verdict.NOT_DONE),
        (14, "etcdserver: request timed out, possibly due to previous leader failure", Verdict.UNCLEAR),
        (14, "etcdserver: leader changed", Verdict.UNCLEAR),
        (1, "context canceled", Verdict.UNCLEAR),
        (2, "something new", Verdict.UNCLEAR),
        (16, "etcdserver: invalid auth token", Verdict.TOKEN),
        (3, "etcdserver: user name is empty", Verdict.TOKEN),
        (3, "etcdserver: revision of auth store is old", Verdict.TOKEN),
        (2, "auth: permission denied", Verdict.REFUSED),
        (8, "etcdserver: mvcc: database space exceeded", Verdict.REFUSED),
        (11, "etcdserver: mvcc: required revision has been compacted", Verdict.REFUSED),
        (5, "etcdserver: requested lease not found", Verdict.REFUSED),
    ],
)
def test_only_what_certainly_did_not_happen_counts_as_not_done(code: int, text: str, wanted: Verdict) -> None:
    assert verdict_on(code, text) is wanted


@given(st.binary(max_size=6), st.binary(max_size=8))
@example(b"a\xff", b"a\xff1")
@example(b"a\xff\xff", b"b")
@example(b"\xff", b"\xff\xff")
def test_a_prefix_ends_where_its_keys_end(prefix: bytes, key: bytes) -> None:
    end = end_of_prefix(prefix)
    inside = key >= prefix and (end == b"\0" or key < end)
    assert inside == key.startswith(prefix)


async def test_what_a_listing_told_is_not_told_again_by_a_late_watch() -> None:
    follower = Follower(EtcdClient(Access(["http://nowhere"])), b"/")
    listed = KeyValue(key=b"/a", value=b"2", mod_revision=5)
    follower._take_listing(Listing(header=Header(revision=5), kvs=(listed,)))
    old = [Change(kv=KeyValue(key=b"/a", value=b"%d" % n, mod_revision=3 + n)) for n in (1, 2)]
    new = Change(type="DELETE", kv=KeyValue(key=b"/a", mod_revision=7))
    follower._take_reply(WatchReply(events=tuple(old)))
    follower._take_reply(WatchReply(events=(new,)))
    update = await anext(aiter(follower))
    assert ([one.kv.mod_revision for one in update.changes], update.kvs, update.revision) == ([5, 7], {}, 7)


@pytest.mark.parametrize(("wrong", "whole"), [(b"", True), (b"!", False)])
async def test_a_snapshot_is_compared_with_its_digest(tmp_path: Path, wrong: bytes, *, whole: bool) -> None:
    async def pieces() -> AsyncIterator[Blob]:
        yield Blob(blob=b"x" * 10_000)
        yield Blob(blob=b"y" + wrong)
        yield Blob(blob=hashlib.sha256(b"x" * 10_000 + b"y").digest())

    with contextlib.nullcontext() if whole else pytest.raises(EtcdUnavailableError, match="not whole"):
        assert await etcd_snapshot._write(tmp_path / "snapshot", pieces()) == 10_033


def test_what_differs_from_a_listing() -> None:
    def kv(name: bytes, revision: int) -> KeyValue:
        return KeyValue(key=name, mod_revision=revision)

    known = {one.key: one for one in (kv(b"gone", 2), kv(b"same", 3), kv(b"newer", 4))}
    listing = Listing(header=Header(revision=9), kvs=(kv(b"new", 6), kv(b"newer", 8), kv(b"same", 3)))
    told = [(change.kv.key, change.deleted, change.kv.mod_revision) for change in differences(known, listing)]
    assert told == [(b"new", False, 6), (b"newer", False, 8), (b"gone", True, 9)]
