"""The right to be active: the lease, the peer's promise, its maintenance, or a person's word. Each has an end."""

from enum import StrEnum

import msgspec

from appliance.ha.decision.model import Seen
from appliance.ha.decision.timing import Boottime, Timing


class Ground(StrEnum):
    LEASE = "lease"
    PROMISE = "promise"
    SOLO = "solo"
    FORCED = "forced"


class Right(msgspec.Struct, frozen=True):
    ground: Ground
    until: Boottime
    """When stopping has to begin."""


def by_lease(seen: Seen, timing: Timing) -> Right | None:
    if seen.lease is None:
        return None
    return _unless_over(Right(Ground.LEASE, seen.lease.until - timing.margin_ms), seen.at)


def by_promise(seen: Seen, timing: Timing) -> Right | None:
    return _unless_over(Right(Ground.PROMISE, seen.peer.promised_until - timing.margin_ms), seen.at)


def by_maintenance(seen: Seen, timing: Timing) -> Right | None:
    """The only other candidate is excluded durably, and only we can let it in again."""
    if not seen.peer_in_maintenance or _other_leads(seen):
        return None
    return Right(Ground.SOLO, seen.at + timing.lease_ms)


def by_force(seen: Seen, timing: Timing) -> Right | None:
    if not seen.forced or _other_leads(seen):
        return None
    return Right(Ground.FORCED, seen.at + timing.lease_ms)


def best(seen: Seen, timing: Timing) -> Right | None:
    """The first that holds. Only for a node that is active: a promise or a maintenance lets nobody begin."""
    return by_lease(seen, timing) or by_promise(seen, timing) or by_maintenance(seen, timing) or by_force(seen, timing)


def to_begin(seen: Seen, timing: Timing) -> Right | None:
    """What a node may become active on."""
    return by_lease(seen, timing) or by_force(seen, timing)


def _unless_over(right: Right, at: Boottime) -> Right | None:
    return right if at < right.until else None


def _other_leads(seen: Seen) -> bool:
    leader = seen.etcd.leader
    return seen.reads and leader is not None and leader.node == seen.other
