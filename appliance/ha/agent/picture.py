"""One linearizable read of all keys, understood. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from appliance.clock import Millis
from appliance.ha.agent import keys
from appliance.ha.agent.keys import DesiredValue, HistoryEntry, LeaderValue, SyncValue, Value
from appliance.ha.decision.model import COUNTED, Desired, Etcd, Leader, Sync
from appliance.ha.decision.timing import Boottime
from appliance.ha.etcd.model import KeyValue

HOUR_MS = 3_600_000


class KeysError(Exception):
    """A key holds what nobody of us can have written; the message says which."""


@dataclass(frozen=True)
class Logged:
    """An entry of the history with its epoch."""

    epoch: int
    entry: HistoryEntry


@dataclass(frozen=True)
class Picture:
    """What decisions see, and what writing and showing need besides."""

    etcd: Etcd = field(default_factory=Etcd)
    desired: DesiredValue = field(default_factory=DesiredValue)
    history: tuple[Logged, ...] = ()
    """Oldest first."""
    history_keys: tuple[KeyValue, ...] = ()
    nodes: Mapping[str, bytes] = field(default_factory=dict)
    """What each box published of itself last; only those whose agents live."""


def understood(
    kvs: Sequence[KeyValue], *, revision: int, read_at: Boottime, raft_leader: str | None, wall_ms: Millis
) -> Picture:
    """All keys below the prefix as of one revision. Raises KeysError."""
    found = {kv.key: kv for kv in kvs}
    leader, sync = found.get(keys.LEADER), found.get(keys.SYNC)
    wanted, cleared = found.get(keys.DESIRED), found.get(keys.HOLD_CLEARED)
    desired = _read(wanted, DesiredValue) if wanted is not None else DesiredValue()
    entries = [kv for kv in kvs if kv.key.startswith(keys.HISTORY)]
    history = tuple(Logged(kv.create_revision, _read(kv, HistoryEntry)) for kv in entries)
    etcd = Etcd(
        read_at=read_at,
        revision=revision,
        leader=None if leader is None else Leader(_read(leader, LeaderValue).node, leader.create_revision),
        sync=_sync(sync),
        desired=_desired(desired, wanted.mod_revision if wanted is not None else 0),
        failovers=failovers(history, since=cleared.mod_revision if cleared is not None else 0, wall_ms=wall_ms),
        raft_leader=raft_leader,
        witness=any(key.startswith(keys.WITNESS) for key in found),
    )
    nodes = {key.removeprefix(keys.NODES).decode(): kv.value for key, kv in found.items() if key.startswith(keys.NODES)}
    return Picture(etcd, desired, history, tuple(entries), nodes)


def failovers(history: Sequence[Logged], *, since: int, wall_ms: Millis) -> int:
    """Automatic ones of the last hour, after revision `since`. A clock that was set back forgets none."""
    return sum(
        logged.entry.cause in COUNTED and logged.epoch > since and wall_ms - logged.entry.wall_ms < HOUR_MS
        for logged in history
    )


def _sync(kv: KeyValue | None) -> Sync:
    if kv is None:
        return Sync()
    value = _read(kv, SyncValue)
    return Sync(value.primary, value.standby, kv.mod_revision)


def _desired(value: DesiredValue, revision: int) -> Desired:
    return Desired(
        value.maintenance, value.maintenance_ends, value.switchover, max(0, value.drain_ms), value.hold, revision
    )


def _read[T: Value](kv: KeyValue, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(kv.value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeysError(f"{kv.key.decode(errors='replace')}: {error}") from error
