"""States in which nothing of the node serves: BOOT, JOIN, STANDBY, CAMPAIGN, MAINT, HOLD, FAILED."""

from msgspec.structs import replace

from appliance.ha.decision import promise, rights, sync_rules
from appliance.ha.decision.actions import (
    Action,
    Alarm,
    AlarmKind,
    Campaign,
    DropAddress,
    Rejoin,
    RejoinWay,
    ReleaseLease,
    RestWatchdog,
    StartStandby,
    StopPostgres,
    StopServices,
)
from appliance.ha.decision.model import BAD_HEALTH, Cause, Memory, Role, Seen, State, WatchdogState
from appliance.ha.decision.reasons import Reason, Why, because
from appliance.ha.decision.timing import Timing
from appliance.ha.decision.verdict import Verdict, go, stay


def boot(memory: Memory, seen: Seen, _timing: Timing) -> Verdict:
    """Until nothing runs that an earlier run of the agent may have left."""
    if seen.postgres.busy:
        return stay(memory, because(Why.CLEARING), *silence(seen), StopPostgres(at_once=True))
    if quiet := silence(seen):
        return stay(memory, because(Why.CLEARING), *quiet)
    return go(memory, seen, State.JOIN, because(Why.STARTED))


def join(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """Become a standby: rewound or cloned if need be, streaming if anybody leads."""
    leader = seen.etcd.leader
    if excluded := _excluded(memory, seen, timing):
        return excluded
    if seen.postgres.rejoin_failures >= timing.rejoin_tries:
        return go(memory, seen, State.FAILED, because(Why.REJOIN_FAILED, timing.rejoin_tries))
    if not seen.reads:
        return stay(memory, because(Why.NO_QUORUM), *silence(seen), *followed(seen), Alarm(AlarmKind.NO_QUORUM))
    if seen.postgres.role is Role.STANDBY and leader is None:
        return go(memory, seen, State.STANDBY, because(Why.NO_LEADER_STANDBY))
    if seen.postgres.role is Role.STANDBY and seen.postgres.streaming and not seen.postgres.divergent:
        return go(memory, seen, State.STANDBY, because(Why.IN_STEP))
    follow = followed(seen)
    ways = [action.way for action in follow if isinstance(action, Rejoin)]
    reason = because(Why.REJOINING, ways[0]) if ways else because(Why.JOINING, seen.other)
    return stay(memory, reason, *silence(seen), *follow)


def standby(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """In step with the active, ready to take over."""
    if excluded := _excluded(memory, seen, timing):
        return excluded
    if seen.postgres.role is not Role.STANDBY or seen.postgres.divergent:
        return go(memory, seen, State.JOIN, because(Why.JOINING, seen.other))
    if obstacle := _nothing_to_take(seen) or keeps_from_campaigning(memory, seen, timing):
        return stay(memory, obstacle, *silence(seen))
    memory = replace(memory, cause=_cause(memory, seen))
    return go(memory, seen, State.CAMPAIGN, because(Why.CANDIDATE), _campaign(memory, seen))


def _nothing_to_take(seen: Seen) -> Reason | None:
    if not seen.reads:
        return because(Why.NO_QUORUM)
    if silence(seen):
        return because(Why.CLEARING)
    leader = seen.etcd.leader
    return None if leader is None else because(Why.FOLLOWING, leader.node, leader.epoch)


def keeps_from_campaigning(memory: Memory, seen: Seen, timing: Timing) -> Reason | None:
    """Why a standby leaves a free key alone; None: it takes it."""
    cold_wait = sync_rules.waits_after_cold_start(memory, seen, timing)
    gone_for = seen.at - (memory.key_gone_since or seen.at)
    to_peer, to_me = _handed_to(seen, seen.other, seen.me), _handed_to(seen, seen.me, seen.other)
    races = _still_receives(seen) and not to_me
    obstacles = (
        (not promise.is_free(memory.pledged_until, seen.at), because(Why.PLEDGED, memory.pledged_until - seen.at)),
        (not sync_rules.may_promote(seen.etcd.sync, seen.me), because(Why.NOT_LISTED)),
        (seen.health.watchdog is WatchdogState.MISSING, because(Why.NO_WATCHDOG)),
        (cold_wait > 0, because(Why.LAST_PRIMARY_FIRST, cold_wait)),
        (to_peer and gone_for < timing.switchover_budget_ms, because(Why.SWITCHOVER_TO_PEER, seen.other)),
        (_stepped_down_recently(memory, seen, timing), because(Why.DEMOTED_RECENTLY)),
        (races and gone_for < timing.race_backoff_ms, because(Why.STILL_RECEIVES)),
    )
    return next((reason for is_so, reason in obstacles if is_so), None)


def campaign(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """The key is asked for; with it comes the right to begin."""
    leader = seen.etcd.leader
    if not promise.is_free(memory.pledged_until, seen.at):
        return go(memory, seen, State.STANDBY, because(Why.PLEDGED, memory.pledged_until - seen.at), ReleaseLease())
    if seen.lease is not None and rights.by_lease(seen, timing):
        memory = replace(memory, epoch=seen.lease.epoch)
        return go(memory, seen, State.PROMOTE, because(Why.WON, seen.lease.epoch))
    if seen.reads and leader is not None and leader.node == seen.other:
        return go(memory, seen, State.STANDBY, because(Why.CAMPAIGN_LOST, seen.other), ReleaseLease())
    if seen.at - memory.since > timing.campaign_budget_ms:
        return go(memory, seen, State.STANDBY, because(Why.CAMPAIGN_LATE), ReleaseLease())
    return stay(memory, because(Why.CAMPAIGNING), _campaign(memory, seen))


def maint(memory: Memory, seen: Seen, _timing: Timing) -> Verdict:
    """Keeps its database in step while it can, and out of everything else."""
    if seen.forced:
        return _forced(memory, seen)
    if not _in_maintenance(seen):
        return go(memory, seen, State.JOIN, because(Why.MAINTENANCE_OVER))
    return stay(memory, because(Why.MAINTENANCE), *silence(seen), *followed(seen))


def hold(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """A standby that may not take over by itself."""
    if seen.forced:
        return _forced(memory, seen)
    if not _held(seen):
        return go(memory, seen, State.JOIN, because(Why.HOLD_OVER))
    if seen.health.disk_failed:
        return join(memory, seen, timing)
    return stay(memory, because(Why.HELD), *silence(seen), *followed(seen), Alarm(AlarmKind.HOLD))


def failed(memory: Memory, seen: Seen, _timing: Timing) -> Verdict:
    """Until a person has repaired it and starts the agent anew."""
    why = Why.DISK_FAILED if seen.health.disk_failed else Why.REJOIN_FAILED
    return stay(memory, because(why, 3), *silence(seen), Alarm(AlarmKind.FAILED))


def silence(seen: Seen) -> tuple[Action, ...]:
    """What a node without a right must not have; the watchdog counts until all of it is gone."""
    wishes: list[tuple[bool, Action]] = [
        (seen.health.address_held, DropAddress()),
        (not seen.services.stopped, StopServices()),
        (seen.postgres.role is Role.PRIMARY, StopPostgres(at_once=True)),
        (seen.lease is not None, ReleaseLease()),
    ]
    return tuple(wish for is_so, wish in wishes if is_so) or rested(seen)


def rested(seen: Seen) -> tuple[Action, ...]:
    """The watchdog stops counting, if it does."""
    return (RestWatchdog(),) if seen.health.watchdog is WatchdogState.COUNTS else ()


def followed(seen: Seen) -> tuple[Action, ...]:
    """PostgreSQL as standby, whatever it was; rewinding needs somebody who leads."""
    postgres, leader = seen.postgres, seen.etcd.leader
    if postgres.busy or postgres.role is Role.PRIMARY:
        return ()
    if postgres.divergent and seen.reads and leader is not None and leader.node == seen.other:
        return (Rejoin(RejoinWay.CLONE if postgres.rejoin_failures else RejoinWay.REWIND),)
    return (StartStandby(),) if postgres.role is Role.DOWN else ()


def _excluded(memory: Memory, seen: Seen, _timing: Timing) -> Verdict | None:
    """Ways out of JOIN and STANDBY that come before everything else."""
    if seen.health.disk_failed:
        return go(memory, seen, State.FAILED, because(Why.DISK_FAILED))
    if seen.forced:
        return _forced(memory, seen)
    if _in_maintenance(seen):
        return go(memory, seen, State.MAINT, because(Why.MAINTENANCE))
    if _held(seen):
        return go(memory, seen, State.HOLD, because(Why.HELD))
    return None


def _forced(memory: Memory, seen: Seen) -> Verdict:
    return go(replace(memory, cause=Cause.FORCED), seen, State.PROMOTE, because(Why.FORCED))


def _in_maintenance(seen: Seen) -> bool:
    """Not before another has taken over: the last primary may be the only one who has every commit."""
    return seen.etcd.desired.maintenance == seen.me and seen.etcd.sync.primary != seen.me


def _handed_to(seen: Seen, node: str, other: str) -> bool:
    """A person wants `node` to lead: by a switch-over, or because the other goes into maintenance."""
    return seen.etcd.desired.switchover == node or seen.etcd.desired.maintenance == other


def _held(seen: Seen) -> bool:
    """The last primary may return: that is no fail-over."""
    return seen.etcd.desired.hold and seen.etcd.sync.primary != seen.me


def _campaign(memory: Memory, seen: Seen) -> Campaign:
    return Campaign(seen.etcd.sync.revision, seen.etcd.desired.revision, memory.cause)


def _cause(memory: Memory, seen: Seen) -> Cause:
    if _handed_to(seen, seen.me, seen.other):
        return Cause.SWITCHOVER
    if seen.etcd.sync.primary not in {seen.me, None}:
        return Cause.PEER_GONE
    return Cause.NOBODY_ELSE if memory.cause in BAD_HEALTH else Cause.RETURNED


def _stepped_down_recently(memory: Memory, seen: Seen, timing: Timing) -> bool:
    """For two seconds after the key has gone, in the minute after we stepped down as the last primary."""
    if (
        memory.demoted_at is None
        or seen.etcd.sync.primary != seen.me
        or seen.at - memory.demoted_at >= timing.demoted_recently_ms
    ):
        return False
    return seen.at - (memory.key_gone_since or seen.at) < timing.demoted_delay_ms


def _still_receives(seen: Seen) -> bool:
    received = seen.postgres.wal_received_at
    return received is not None and seen.at - received < 1_000
