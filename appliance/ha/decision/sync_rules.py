"""Rules R1 to R9: which node may be promoted, and whom commits wait for.

The `sync` key lists who has every acknowledged commit. It is kept true by order alone: the standby is taken out of the
key *before* commits stop waiting for it (R2) and written into it *after* they wait for it and it has everything (R3).
R6 (no unlogged tables) and R7 (time-outs, slots) are settings of PostgreSQL, not decisions.
"""

from msgspec.structs import replace

from appliance.ha.decision.actions import (
    Action,
    Alarm,
    AlarmKind,
    PromotePostgres,
    RecordSync,
    RestartPostgres,
    SetSyncNames,
)
from appliance.ha.decision.model import Leader, Memory, Role, Seen, Sync
from appliance.ha.decision.reasons import Reason, Why, because
from appliance.ha.decision.timing import Timing

type Kept = tuple[Memory, tuple[Action, ...], Reason | None]


def may_promote(sync: Sync, node: str) -> bool:
    """R1: only who is listed has every acknowledged commit. A pair that never ran lists nobody: whoever is first."""
    return sync.lists(node) or sync.primary is None


def waits_after_cold_start(memory: Memory, seen: Seen, timing: Timing) -> int:
    """R9: ms for which the last primary goes first. Nobody led since we started, so nobody has just died either."""
    if memory.leader_seen or seen.etcd.sync.primary in {seen.me, None}:
        return 0
    return max(0, (memory.key_gone_since or seen.at) + timing.other_cold_ms - seen.at)


def opening(seen: Seen, *, recorded: bool) -> tuple[Action, Reason] | None:
    """R5: promoted, then recorded as sole, then open, before any client. None: done.

    Without etcd (break-glass) it cannot be recorded; it is as soon as the lease is won.
    """
    postgres, sync = seen.postgres, seen.etcd.sync
    if postgres.role is not Role.PRIMARY:
        return PromotePostgres(), because(Why.PROMOTING)
    if recorded and (sync.primary, sync.standby) != (seen.me, None):
        return RecordSync(seen.me, None, sync.revision), because(Why.RECORDING_SOLE)
    if postgres.names is not None:
        return SetSyncNames(None), because(Why.OPENING)
    return None


def kept(memory: Memory, seen: Seen, timing: Timing) -> Kept:
    """R2 to R4, on the active: drop a standby that holds commits up, take it back when it is steady."""
    memory = _watched(memory, seen)
    if not seen.postgres.accepting:
        return memory, (), None
    if must_drop(seen, timing):
        return _dropped(memory, seen)
    if seen.postgres.names is None:
        return _taken_back(memory, seen, timing)
    if seen.etcd.sync.standby is None:
        return _recorded(memory, seen)
    return memory, (), None


def must_drop(seen: Seen, timing: Timing) -> bool:
    """R4: a commit waits for more than a second; or the peer goes into maintenance."""
    if seen.postgres.names is None and seen.etcd.sync.standby is None:
        return False
    return seen.postgres.oldest_wait_ms > timing.commit_wait_ms or seen.peer_in_maintenance


def _dropped(memory: Memory, seen: Seen) -> Kept:
    """R2: first the key, then the setting. What it streams from now on has to be steady anew."""
    memory = replace(memory, peer_stable_since=None, dropped=True)
    if dropping_is_recorded(memory, seen):
        return memory, (SetSyncNames(None),), because(Why.SYNC_DROPPED, seen.other)
    if not can_record(seen):
        return memory, (Alarm(AlarmKind.COMMITS_WAIT),), because(Why.SYNC_BLOCKED, seen.other)
    sync = seen.etcd.sync
    return memory, (RecordSync(seen.me, None, sync.revision),), because(Why.SYNC_DROPPED, seen.other)


def dropping_is_recorded(memory: Memory, seen: Seen) -> bool:
    """Null in the key is not enough while a write that adds the peer may still arrive: a newer revision refuses it."""
    sync = seen.etcd.sync
    return seen.reads and (sync.primary, sync.standby) == (seen.me, None) and memory.adding != sync.revision


def _taken_back(memory: Memory, seen: Seen, timing: Timing) -> Kept:
    """R4: steady for 30 s, or for 5 s when it was never dropped.

    A peer that is listed though nothing waits for it cannot be: struck out at once.
    """
    sync = seen.etcd.sync
    if (sync.primary, sync.standby) != (seen.me, None):
        actions = (RecordSync(seen.me, None, sync.revision),) if can_record(seen) else ()
        return memory, actions, because(Why.SYNC_DROPPED, seen.other)
    steady = memory.peer_stable_since
    enough = timing.stable_ms if memory.dropped else timing.joined_ms
    if not can_record(seen) or seen.peer_in_maintenance or steady is None or seen.at - steady < enough:
        return memory, (Alarm(AlarmKind.NO_STANDBY),), None
    return memory, (SetSyncNames(seen.other),), because(Why.SYNC_ADDING, seen.other)


def _recorded(memory: Memory, seen: Seen) -> Kept:
    """R3: recorded once commits wait for it and it has everything."""
    sync = seen.etcd.sync
    if not peer_has_everything(seen) or not can_record(seen):
        return memory, (), because(Why.SYNC_ADDING, seen.other)
    memory = replace(memory, adding=sync.revision)
    return memory, (RecordSync(seen.me, seen.other, sync.revision),), because(Why.SYNC_ADDED, seen.other)


def peer_has_everything(seen: Seen) -> bool:
    """Never while the setting is being changed: what is read then may not hold a moment later."""
    return seen.postgres.caught_up and not seen.postgres.busy


def can_record(seen: Seen) -> bool:
    """Only the holder of the key writes `sync`."""
    return seen.reads and seen.lease is not None and seen.etcd.leader == Leader(seen.me, seen.lease.epoch)


def _watched(memory: Memory, seen: Seen) -> Memory:
    """Since when the peer streams and PostgreSQL is down, without a break."""
    down = seen.postgres.role is not Role.PRIMARY or not seen.postgres.accepting
    return replace(
        memory,
        peer_stable_since=(memory.peer_stable_since or seen.at) if seen.postgres.streaming else None,
        postgres_down_since=(memory.postgres_down_since or seen.at) if down else None,
    )


def restarted(memory: Memory, seen: Seen) -> tuple[Action, ...]:
    """R8: a crashed primary is started again where it is."""
    return () if memory.postgres_down_since is None or seen.postgres.busy else (RestartPostgres(),)
