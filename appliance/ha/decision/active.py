"""States of the one that serves: PROMOTE, ACTIVE, ACTIVE_PROMISED, ACTIVE_SOLO, DRAIN, DEMOTE."""

from msgspec.structs import replace

from appliance.ha.decision import damping, passive, rights, sync_rules
from appliance.ha.decision.actions import (
    Action,
    Alarm,
    AlarmKind,
    AskPromise,
    Campaign,
    ClearMaintenance,
    ClearSwitchover,
    DropAddress,
    FeedWatchdog,
    HoldAddress,
    LetLeaseExpire,
    MoveRaftLeader,
    RefuseCalls,
    ReleaseLease,
    SetHold,
    StartServices,
    StopPostgres,
    StopServices,
)
from appliance.ha.decision.model import Cause, Leader, Memory, Role, Seen, State, WatchdogState
from appliance.ha.decision.readiness import keeps_from_switching
from appliance.ha.decision.reasons import Reason, Why, because
from appliance.ha.decision.rights import Ground, Right
from appliance.ha.decision.timing import Timing
from appliance.ha.decision.verdict import Verdict, go, stay, step_down

_STATE = {
    Ground.LEASE: State.ACTIVE,
    Ground.PROMISE: State.ACTIVE_PROMISED,
    Ground.SOLO: State.ACTIVE_SOLO,
    Ground.FORCED: State.ACTIVE_SOLO,
}
_SENTENCE = {
    Ground.LEASE: Why.SERVING,
    Ground.PROMISE: Why.SERVING_PROMISED,
    Ground.SOLO: Why.SERVING_SOLO,
    Ground.FORCED: Why.SERVING_FORCED,
}


def promote(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """The order of starting: lease, watchdog, database, sync key, services, address last."""
    right = rights.to_begin(seen, timing)
    if right is None:
        return step_down(memory, seen, Cause.RIGHT_LOST, because(Why.RIGHT_LOST))
    if ended := _ends_promotion(memory, seen, timing, right):
        return ended
    fed = _fed(seen, right, timing)
    if seen.health.watchdog is WatchdogState.READY:
        return stay(memory, because(Why.ARMING), *fed)
    pending = _next_of_start(seen, right)
    if pending is not None:
        action, reason = pending
        return stay(memory, reason, *fed, action, *_raft_leader_away(seen))
    if seen.health.address_conflict and seen.hears_peer:
        return stay(memory, because(Why.ADDRESS_TAKEN), *fed, Alarm(AlarmKind.ADDRESS_CONFLICT))
    memory = replace(memory, peer_stable_since=None, dropped=False, postgres_down_since=None, adding=None)
    return go(memory, seen, _STATE[right.ground], because(Why.READY, memory.epoch), *fed, _address(right, timing))


def serve(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """Active on whatever right there is, and what makes it end."""
    right = rights.best(seen, timing)
    if right is None:
        return step_down(memory, seen, Cause.RIGHT_LOST, because(Why.RIGHT_LOST))
    memory = replace(memory, epoch=memory.epoch if seen.lease is None else seen.lease.epoch)
    memory, actions, reason = sync_rules.kept(memory, seen, timing)
    if ended := _outvoted(memory, seen, right) or _given_up(memory, seen, timing):
        return ended
    mending, why = _mended(memory, seen, timing)
    wishes = (
        *_fed(seen, right, timing),
        _address(right, timing),
        *actions,
        *mending,
        *_housekeeping(memory, seen, right, timing),
    )
    return _drained_or_served(memory, seen, timing, right, wishes, why or reason)


def demote(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """The order of stopping: address, services, database; the lease goes only when all of them are seen down.

    Planned, the database serves the programs to their end: nothing they know is lost, and writes stand still for less.
    """
    if is_stopped(seen):
        if seen.lease is not None:
            return stay(memory, because(Why.STOPPED), *passive.rested(seen), ReleaseLease())
        following = State.FAILED if seen.health.disk_failed else State.JOIN
        return go(memory, seen, following, because(Why.STOPPED), *passive.rested(seen), ReleaseLease())
    stuck = seen.at - memory.since > timing.stop_budget_ms
    gently = memory.cause is Cause.SWITCHOVER and not stuck and rights.by_lease(seen, timing) is not None
    waits = gently and not seen.services.stopped and seen.at - memory.since < timing.services_first_ms
    wishes: list[Action] = [DropAddress(), StopServices()]
    if not waits:
        wishes.append(StopPostgres(at_once=not gently))
    if stuck:
        wishes.append(LetLeaseExpire())
    return stay(memory, because(Why.STOPPING), *wishes, *_watched_stop(seen, timing))


def _ends_promotion(memory: Memory, seen: Seen, timing: Timing, right: Right) -> Verdict | None:
    """Too late, or R1: the keys as of our own epoch do not list us."""
    if seen.at - memory.since > timing.promote_budget_ms:
        return step_down(memory, seen, Cause.START_FAILED, because(Why.PROMOTION_LATE))
    if right.ground is not Ground.LEASE:
        return None
    if seen.health.watchdog is WatchdogState.MISSING:
        return step_down(memory, seen, Cause.START_FAILED, because(Why.NO_WATCHDOG))
    if seen.etcd.revision < memory.epoch:
        return stay(memory, because(Why.READING_BACK))
    if not sync_rules.may_promote(seen.etcd.sync, seen.me):
        return step_down(memory, seen, Cause.NOT_LISTED, because(Why.NOT_LISTED))
    return None


def is_stopped(seen: Seen) -> bool:
    """Whether another may take over without meeting us: nor anything that is only just being started."""
    return _is_harmless(seen) and seen.services.stopped


def _is_harmless(seen: Seen) -> bool:
    """Nobody reaches us at the service address, and nothing is committed here."""
    database = seen.postgres.role is not Role.PRIMARY and not seen.postgres.busy
    return not seen.health.address_held and database


def _next_of_start(seen: Seen, right: Right) -> tuple[Action, Reason] | None:
    """What is still missing before the address, in order."""
    pending = sync_rules.opening(seen, recorded=right.ground is Ground.LEASE)
    if pending is not None:
        return pending
    if not seen.services.running:
        return StartServices(), because(Why.STARTING_SERVICES)
    return None


def _address(right: Right, timing: Timing) -> HoldAddress:
    """In the kernel a little longer than until stopping begins: it is the net under the agent, not its clock."""
    return HoldAddress(right.until + timing.margin_ms - timing.address_margin_ms)


def _fed(seen: Seen, right: Right, timing: Timing) -> tuple[Action, ...]:
    is_there = seen.health.watchdog in {WatchdogState.READY, WatchdogState.COUNTS}
    return (FeedWatchdog(right.until + timing.margin_ms),) if is_there else ()


def _watched_stop(seen: Seen, timing: Timing) -> tuple[Action, ...]:
    """Without a right the watchdog goes unfed: the machine is reset unless address and database are down in time."""
    right = rights.by_lease(seen, timing)
    if right is not None:
        return _fed(seen, right, timing)
    return passive.rested(seen) if _is_harmless(seen) else ()


def _outvoted(memory: Memory, seen: Seen, right: Right) -> Verdict | None:
    """Somebody newer leads. A peer that promised may still have a key it asked for before; it does not act on it.

    The peer says itself when it serves: that ends what a stopped clock (a paused virtual machine) has prolonged.
    """
    if seen.hears_peer and seen.peer.epoch > memory.epoch:
        return step_down(memory, seen, Cause.OUTVOTED, because(Why.OUTVOTED, seen.other, seen.peer.epoch))
    if not seen.reads:
        return None
    if seen.etcd.sync.primary == seen.other and memory.cause is not Cause.FORCED:
        return step_down(memory, seen, Cause.OUTVOTED, because(Why.SUCCEEDED, seen.other))
    leader = seen.etcd.leader
    if (
        leader is not None
        and leader.node == seen.other
        and leader.epoch > memory.epoch
        and right.ground is Ground.LEASE
    ):
        return step_down(memory, seen, Cause.OUTVOTED, because(Why.OUTVOTED, leader.node, leader.epoch))
    return None


def _given_up(memory: Memory, seen: Seen, timing: Timing) -> Verdict | None:
    """A failed disk, or bad health that the peer would better."""
    if seen.health.disk_failed:
        return step_down(memory, seen, Cause.DISK, because(Why.DISK_FAILED))
    ill = damping.complaint(memory, seen, timing)
    if ill is None or damping.keeps_serving(memory, seen, timing) is not None:
        return None
    return step_down(memory, seen, ill, because(Why.UNHEALTHY, ill))


def _mended(memory: Memory, seen: Seen, timing: Timing) -> tuple[tuple[Action, ...], Reason | None]:
    """R8 and the services: what has died is started again where it is."""
    restarts = sync_rules.restarted(memory, seen)
    services: tuple[Action, ...] = () if seen.services.running else (StartServices(),)
    ill = damping.complaint(memory, seen, timing)
    if ill is not None:
        obstacle = damping.keeps_serving(memory, seen, timing) or ""
        return (*restarts, *services, Alarm(AlarmKind.UNFIT)), because(Why.UNHEALTHY_STAYS, ill, obstacle)
    if memory.postgres_down_since is not None:
        return (*restarts, *services), because(Why.POSTGRES_RESTARTS)
    return services, because(Why.SERVICES_RESTART) if services else None


def _housekeeping(memory: Memory, seen: Seen, right: Right, timing: Timing) -> tuple[Action, ...]:
    """Everything an active node does beside serving."""
    wishes: list[tuple[bool, Action]] = [
        (_unconfirmed(seen, timing), AskPromise()),
        (_keeps_key_of_old_lease(memory, seen), ReleaseLease()),
        (_may_regain(seen, right), _regain(seen)),
        (damping.has_to_hold(seen, timing) and not seen.etcd.desired.hold, SetHold()),
        (seen.etcd.desired.switchover == seen.me, ClearSwitchover()),
        (_ends_maintenance(seen, right), ClearMaintenance()),
        (right.ground is Ground.FORCED, Alarm(AlarmKind.FORCED)),
        (not seen.etcd.witness, Alarm(AlarmKind.WITNESS_SILENT)),
        (not seen.reads, Alarm(AlarmKind.NO_QUORUM)),
        (seen.health.address_conflict, Alarm(AlarmKind.ADDRESS_CONFLICT)),
    ]
    return (*(wish for is_so, wish in wishes if is_so), *_raft_leader_away(seen))


def _unconfirmed(seen: Seen, timing: Timing) -> bool:
    return seen.lease is None or seen.at - seen.lease.confirmed_at > timing.ask_after_ms


def _keeps_key_of_old_lease(memory: Memory, seen: Seen) -> bool:
    """Leases begin anew with an election: the key may outlive ours by all its length, and the promise would not."""
    return seen.reads and seen.lease is None and seen.etcd.leader == Leader(seen.me, memory.epoch)


def _regain(seen: Seen) -> Campaign:
    return Campaign(seen.etcd.sync.revision, seen.etcd.desired.revision, Cause.REGAINED)


def _may_regain(seen: Seen, right: Right) -> bool:
    return right.ground is not Ground.LEASE and seen.reads and seen.etcd.leader is None


def _ends_maintenance(seen: Seen, right: Right) -> bool:
    """Only on a lease, and no longer solo: from then on the peer is a candidate again."""
    return right.ground is Ground.LEASE and seen.etcd.desired.maintenance_ends


def _raft_leader_away(seen: Seen) -> tuple[Action, ...]:
    return (MoveRaftLeader(),) if seen.reads and seen.etcd.raft_leader == seen.me else ()


def _drained_or_served(
    memory: Memory, seen: Seen, timing: Timing, right: Right, wishes: tuple[Action, ...], reason: Reason | None
) -> Verdict:
    """A switch-over that is wanted and possible, or another moment of serving."""
    desired = seen.etcd.desired
    wanted = right.ground is Ground.LEASE and (desired.switchover == seen.other or desired.maintenance == seen.me)
    if not wanted:
        reason = reason or because(_SENTENCE[right.ground], memory.epoch)
        return _serving(memory, seen, _STATE[right.ground], reason, wishes)
    obstacle = keeps_from_switching(memory, seen, timing)
    if obstacle is not None:
        return _serving(memory, seen, State.ACTIVE, because(Why.NOT_READY, obstacle), (*wishes, ClearSwitchover()))
    drained_for = seen.at - memory.since if memory.state is State.DRAIN else 0
    if seen.services.calls and drained_for < desired.drain_ms:
        reason = because(Why.DRAINING, seen.other, seen.services.calls)
        return _serving(memory, seen, State.DRAIN, reason, (*wishes, RefuseCalls()))
    return step_down(memory, seen, Cause.SWITCHOVER, because(Why.LEAVING, seen.other))


def _serving(memory: Memory, seen: Seen, state: State, reason: Reason, wishes: tuple[Action, ...]) -> Verdict:
    if memory.state is state:
        return stay(memory, reason, *wishes)
    return go(memory, seen, state, reason, *wishes)
