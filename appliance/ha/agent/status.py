"""What a box says of itself: to the cluster page, to `hcc cluster status`, and in etcd to the other box. Pure."""

from collections.abc import Mapping

import msgspec

from appliance.clock import Millis
from appliance.ha.agent.guard import WatchdogView
from appliance.ha.agent.picture import Logged, Picture
from appliance.ha.decision.actions import Alarm
from appliance.ha.decision.model import SERVING, Cause, Memory, Postgres, Seen, Services, State, Sync
from appliance.ha.decision.readiness import not_ready
from appliance.ha.decision.reasons import Why
from appliance.ha.decision.timing import Timing
from appliance.ha.decision.verdict import Verdict

HISTORY_SHOWN = 20


class PeerView(msgspec.Struct, frozen=True):
    heard_ms_ago: int | None
    """None: never since the agent's start."""
    fitness: int
    sees_gateway: bool
    epoch: int


class AddressView(msgspec.Struct, frozen=True):
    """The service address, as this box sees it."""

    held: bool
    conflict: bool
    gateway: bool


class Status(msgspec.Struct, frozen=True):
    """One box. Ages are as of `wall_ms`."""

    node: str
    version: str
    wall_ms: Millis
    state: State
    state_age_ms: int
    why: str
    """Name of the member of `Why`; a translation maps it."""
    arguments: tuple[str | int, ...]
    sentence: str
    epoch: int
    """In which it serves; 0: it does not."""
    active: bool
    quorum: bool
    leader: str | None
    raft_leader: str | None
    witness: bool
    lease_left_ms: int | None
    lease_age_ms: int | None
    """Since it was last confirmed."""
    fitness: int
    disk_failed: bool
    address: AddressView
    postgres: Postgres
    lag_bytes: int | None
    services: Services
    sync: Sync
    peer: PeerView
    not_ready: tuple[str, ...] | None
    """Why the pair is not redundant, the worst first, as the active knows; None: this box is not active."""
    alarms: tuple[str, ...]
    forced: bool = False
    ready_in_ms: int | None = None
    """As the active knows: how long until the standby counts as steady; None: it is not in step."""
    watchdog: WatchdogView | None = None
    """None: it runs a version that has none."""
    refused: Mapping[str, int] = {}
    """Datagrams on the link between the boxes that were not the peer's."""


class Moment(msgspec.Struct, frozen=True):
    """A state was entered, or a step of taking over begun."""

    state: State
    step: str
    """Name of the `Why` that was told then."""
    after_ms: int
    """After the campaign."""
    wall_ms: Millis


class Passage(msgspec.Struct, frozen=True):
    """One change of who leads."""

    epoch: int
    node: str
    cause: Cause
    wall_ms: Millis
    gone_ms: int | None
    active_after_ms: int | None
    """From the campaign to being active; None: never, or not yet."""
    stages: tuple[Moment, ...]


class Report(msgspec.Struct, frozen=True):
    """Everything that one box knows of the pair."""

    own: Status
    nodes: dict[str, Status]
    """What each published last, and only whose agent lives and reaches etcd."""
    maintenance: str | None
    switchover: str | None
    hold: bool
    history: tuple[Passage, ...]
    """Latest first."""


def status(
    verdict: Verdict,
    seen: Seen,
    timing: Timing,
    *,
    wall_ms: Millis,
    version: str,
    lag_bytes: int | None,
    refused: Mapping[str, int],
    watchdog: WatchdogView,
) -> Status:
    memory, lease = verdict.memory, seen.lease
    active = memory.state in SERVING
    leader = seen.etcd.leader
    return Status(
        node=seen.me,
        version=version,
        wall_ms=wall_ms,
        state=memory.state,
        state_age_ms=seen.at - memory.since,
        why=Why(verdict.reason.why).name,
        arguments=verdict.reason.arguments,
        sentence=str(verdict.reason),
        epoch=memory.epoch if active else 0,
        active=active,
        quorum=seen.reads,
        leader=leader.node if leader is not None and seen.reads else None,
        raft_leader=seen.etcd.raft_leader,
        witness=seen.etcd.witness,
        lease_left_ms=None if lease is None else lease.until - seen.at,
        lease_age_ms=None if lease is None else seen.at - lease.confirmed_at,
        fitness=seen.health.fitness,
        disk_failed=seen.health.disk_failed,
        address=AddressView(seen.health.address_held, seen.health.address_conflict, seen.health.gateway),
        postgres=msgspec.structs.replace(seen.postgres, wal_received_at=None),
        lag_bytes=lag_bytes,
        services=seen.services,
        sync=seen.etcd.sync,
        peer=_peer(seen),
        not_ready=tuple(reason.name.lower() for reason in not_ready(memory, seen, timing)) if active else None,
        alarms=tuple(dict.fromkeys(str(action.kind) for action in verdict.actions if isinstance(action, Alarm))),
        forced=seen.forced,
        ready_in_ms=_ready_in_ms(memory, seen, timing) if active else None,
        watchdog=watchdog,
        refused=dict(refused),
    )


def _ready_in_ms(memory: Memory, seen: Seen, timing: Timing) -> int | None:
    steady = memory.peer_stable_since
    return None if steady is None else max(0, steady + timing.ready_ms - seen.at)


def _peer(seen: Seen) -> PeerView:
    heard_at = seen.peer.heard_at
    heard = None if heard_at is None else seen.at - heard_at
    return PeerView(heard, seen.peer.fitness, seen.peer.sees_gateway, seen.peer.epoch)


def report(own: Status, picture: Picture) -> Report:
    nodes = {name: found for name, value in picture.nodes.items() if (found := read_status(value)) is not None}
    history = tuple(map(_passage, reversed(picture.history[-HISTORY_SHOWN:])))
    desired = picture.desired
    return Report(own, nodes | {own.node: own}, desired.maintenance, desired.switchover, desired.hold, history)


def read_status(value: bytes) -> Status | None:
    """None: another version wrote it in a way that we do not understand."""
    try:
        return msgspec.json.decode(value, type=Status)
    except msgspec.DecodeError, UnicodeDecodeError:
        return None


def _passage(logged: Logged) -> Passage:
    entry = logged.entry
    stages = tuple(
        Moment(stage.state, stage.step, stage.boottime_ms - entry.boottime_ms, stage.wall_ms) for stage in entry.stages
    )
    active_after = next((moment.after_ms for moment in stages if moment.state in SERVING), None)
    return Passage(logged.epoch, entry.node, entry.cause, entry.wall_ms, entry.gone_ms, active_after, stages)
