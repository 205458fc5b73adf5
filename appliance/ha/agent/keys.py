"""The pair's keys in etcd and what they hold: JSON, one struct each. Nothing personal is ever among it."""

import msgspec

from appliance.clock import Millis
from appliance.ha.decision.model import Cause, State
from appliance.ha.decision.timing import Boottime

PREFIX = b"/hcc/"
LEADER = b"/hcc/leader"
SYNC = b"/hcc/sync"
DESIRED = b"/hcc/desired"
HOLD_CLEARED = b"/hcc/hold_cleared"
"""Written whenever a person clears the hold: fail-overs before it count no more."""
NODES = b"/hcc/nodes/"
HISTORY = b"/hcc/history/"
WITNESS = b"/hcc/witness/"
HISTORY_KEPT = 50


class Value(msgspec.Struct, frozen=True):
    """What is unknown is let pass: the other box may be one version newer."""


class LeaderValue(Value, frozen=True):
    """On the lease of who leads; the key's create_revision is the epoch."""

    node: str
    boot: str
    """Which run of its agent."""


class SyncValue(Value, frozen=True):
    """Who has every acknowledged commit. `epoch` and `boot` tell who wrote it, so that a write knows itself."""

    primary: str
    standby: str | None
    epoch: int
    boot: str


class DesiredValue(Value, frozen=True):
    """What people want. `by` is who wrote it last."""

    maintenance: str | None = None
    maintenance_ends: bool = False
    switchover: str | None = None
    drain_ms: int = 0
    hold: bool = False
    by: str = ""


class Stage(Value, frozen=True):
    """A state was entered. BOOTTIME is that of the entry's node."""

    state: State
    boottime_ms: Boottime
    wall_ms: Millis
    step: str = ""
    """Name of the `Why` that was told then."""


class HistoryEntry(Value, frozen=True):
    """One change of who leads. Its create_revision is the epoch: it is written together with the leader key."""

    node: str
    boot: str
    cause: Cause
    boottime_ms: Boottime
    wall_ms: Millis
    gone_ms: int | None = None
    """How long nobody had led when it campaigned, as it saw; None: it had never seen anybody."""
    stages: tuple[Stage, ...] = ()


class ClearedValue(Value, frozen=True):
    by: str
    wall_ms: Millis


def encode(value: Value) -> bytes:
    return msgspec.json.encode(value)


def node_key(name: str) -> bytes:
    return NODES + name.encode()


def history_key(entry: HistoryEntry) -> bytes:
    """In order of time, and of each node its own."""
    return HISTORY + f"{entry.wall_ms:015d}-{entry.node}".encode()
