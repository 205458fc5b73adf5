"""What the etcd client is given and gives back. Keys and values are bytes; base64 exists on the wire only.

Names on the wire: etcd 3.5, `rpc.proto` and `kv.proto`. The gateway leaves out what is zero, empty or false, and writes
64-bit numbers as texts, so every member has a default and replies are decoded leniently.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

type Unset = msgspec.UnsetType
UNSET = msgspec.UNSET


class Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything that goes over the wire."""


class KeyValue(Wire, frozen=True, kw_only=True):
    key: bytes = b""
    value: bytes = b""
    create_revision: int = 0
    mod_revision: int = 0
    version: int = 0
    lease: int = 0


# -- conditions and operations of a transaction --------------------------------------------------


class Compare(Wire, frozen=True, kw_only=True):
    """One condition; made by the functions below."""

    key: bytes
    target: Literal["CREATE", "MOD", "VALUE", "LEASE"]
    result: Literal["EQUAL", "GREATER", "LESS", "NOT_EQUAL"] = "EQUAL"
    create_revision: int | Unset = UNSET
    mod_revision: int | Unset = UNSET
    value: bytes | Unset = UNSET
    lease: int | Unset = UNSET

    @property
    def revision(self) -> int | None:
        """The mod revision that this asks for (0: no such key); None if it asks for something else."""
        if self.target == "CREATE":
            return 0
        return self.mod_revision if isinstance(self.mod_revision, int) else None


def is_absent(key: bytes) -> Compare:
    return Compare(key=key, target="CREATE", create_revision=0)


def is_at(key: bytes, mod_revision: int) -> Compare:
    """Last changed at that revision; 0: there is no such key."""
    return Compare(key=key, target="MOD", mod_revision=mod_revision)


def is_unchanged(known: KeyValue) -> Compare:
    return is_at(known.key, known.mod_revision)


def has_value(key: bytes, value: bytes) -> Compare:
    return Compare(key=key, target="VALUE", value=value)


def has_lease(key: bytes, lease: int) -> Compare:
    return Compare(key=key, target="LEASE", lease=lease)


class Put(Wire, frozen=True, kw_only=True):
    key: bytes
    value: bytes
    lease: int = 0


class Delete(Wire, frozen=True, kw_only=True):
    key: bytes
    range_end: bytes = b""


class Get(Wire, frozen=True, kw_only=True):
    """Reading `key`, or all keys from it to before `range_end`; `revision` 0 is now."""

    key: bytes
    range_end: bytes = b""
    limit: int = 0
    revision: int = 0
    serializable: bool = False
    keys_only: bool = False
    count_only: bool = False


type Operation = Put | Delete | Get


def end_of_prefix(prefix: bytes) -> bytes:
    """The first key behind all that begin with `prefix`; a zero byte stands for the end of all keys."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b"\0"


class Step(Wire, frozen=True, kw_only=True):
    """An operation as a transaction carries it."""

    request_put: Put | Unset = UNSET
    request_delete_range: Delete | Unset = UNSET
    request_range: Get | Unset = UNSET

    @staticmethod
    def of(operation: Operation) -> Step:
        match operation:
            case Put():
                return Step(request_put=operation)
            case Delete():
                return Step(request_delete_range=operation)
            case Get():
                return Step(request_range=operation)


class Transaction(Wire, frozen=True, kw_only=True):
    compare: tuple[Compare, ...] = ()
    success: tuple[Step, ...] = ()
    failure: tuple[Step, ...] = ()


# -- replies -------------------------------------------------------------------------------------


class Header(Wire, frozen=True, kw_only=True):
    cluster_id: int = 0
    member_id: int = 0
    revision: int = 0
    raft_term: int = 0


class Reply(Wire, frozen=True, kw_only=True):
    header: Header = Header()

    @property
    def revision(self) -> int:
        """Of the whole store, when this was answered."""
        return self.header.revision


class Listing(Reply, frozen=True, kw_only=True):
    """Keys in the order of their bytes; `count` also counts those beyond the limit."""

    kvs: tuple[KeyValue, ...] = ()
    more: bool = False
    count: int = 0


class PutReply(Reply, frozen=True, kw_only=True):
    pass


class DeleteReply(Reply, frozen=True, kw_only=True):
    deleted: int = 0


class StepReply(Wire, frozen=True, kw_only=True):
    response_put: PutReply | None = None
    response_delete_range: DeleteReply | None = None
    response_range: Listing | None = None


class TransactionReply(Reply, frozen=True, kw_only=True):
    succeeded: bool = False
    responses: tuple[StepReply, ...] = ()

    @property
    def kvs(self) -> tuple[KeyValue, ...]:
        """All that was read, in the order of the reading operations."""
        return tuple(kv for one in self.responses if one.response_range for kv in one.response_range.kvs)


class LeaseReply(Reply, frozen=True, kw_only=True):
    id: int = msgspec.field(name="ID", default=0)
    ttl: int = msgspec.field(name="TTL", default=0)
    granted_ttl: int = msgspec.field(name="grantedTTL", default=0)
    keys: tuple[bytes, ...] = ()


class Member(Wire, frozen=True, kw_only=True):
    id: int = msgspec.field(name="ID", default=0)
    name: str = ""
    peer_urls: tuple[str, ...] = msgspec.field(name="peerURLs", default=())
    client_urls: tuple[str, ...] = msgspec.field(name="clientURLs", default=())
    is_learner: bool = msgspec.field(name="isLearner", default=False)


class Members(Reply, frozen=True, kw_only=True):
    members: tuple[Member, ...] = ()


class Status(Reply, frozen=True, kw_only=True):
    """What one member says of itself; `leader` is 0 when it knows none."""

    version: str = ""
    leader: int = 0
    size_bytes: int = msgspec.field(name="dbSize", default=0)
    used_bytes: int = msgspec.field(name="dbSizeInUse", default=0)
    raft_index: int = msgspec.field(name="raftIndex", default=0)
    applied_index: int = msgspec.field(name="raftAppliedIndex", default=0)
    is_learner: bool = msgspec.field(name="isLearner", default=False)
    errors: tuple[str, ...] = ()

    @property
    def member_id(self) -> int:
        return self.header.member_id


class Alarm(Wire, frozen=True, kw_only=True):
    member_id: int = msgspec.field(name="memberID", default=0)
    alarm: str = "NONE"


class Alarms(Reply, frozen=True, kw_only=True):
    alarms: tuple[Alarm, ...] = ()


class Token(Reply, frozen=True, kw_only=True):
    token: str = ""


class Blob(Reply, frozen=True, kw_only=True):
    """A piece of a snapshot."""

    remaining_bytes: int = 0
    blob: bytes = b""


class Change(Wire, frozen=True, kw_only=True):
    """One change of one key. What was deleted has its key and, as `mod_revision`, the revision of the deletion."""

    type: Literal["PUT", "DELETE"] = "PUT"
    kv: KeyValue = KeyValue()

    @property
    def deleted(self) -> bool:
        return self.type == "DELETE"


class WatchReply(Reply, frozen=True, kw_only=True):
    created: bool = False
    canceled: bool = False
    compact_revision: int = 0
    cancel_reason: str = ""
    events: tuple[Change, ...] = ()


# -- what is not on the wire ---------------------------------------------------------------------


@dataclass(frozen=True)
class Lease:
    """A lease as its holder knows it."""

    id: int
    ttl_seconds: int
    sent_at: float
    """CLOCK_BOOTTIME just before the request left that gave or renewed it."""

    @property
    def deadline(self) -> float:
        """CLOCK_BOOTTIME until which etcd certainly keeps the lease."""
        return self.sent_at + self.ttl_seconds


@dataclass(frozen=True)
class LeaseState:
    """A lease as etcd knows it."""

    id: int
    granted_seconds: int
    left_seconds: int
    keys: tuple[bytes, ...]
