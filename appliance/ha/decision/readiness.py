"""Why the pair is not redundant, or a switch-over is refused: one list for page, command, alarms and pre-flight."""

from enum import StrEnum

from appliance.ha.decision.model import Memory, Seen
from appliance.ha.decision.timing import Timing


class NotReady(StrEnum):
    """Each has its sentence and advice for people in `wording`."""

    NO_QUORUM = "etcd has no quorum"
    PEER_SILENT = "the peer is silent"
    PEER_IN_MAINTENANCE = "the peer is in maintenance"
    PEER_NOT_LISTED = "the peer does not have every commit"
    PEER_UNABLE = "the peer lacks the hardware watchdog that it is to have"
    HOLD = "fail-overs are on hold"
    WITNESS_SILENT = "the witness is silent"
    PEER_NEW = "the peer has not been steady for five minutes"
    PEER_LESS_FIT = "the peer is less fit"
    # What the active's decisions do not know of; for pages and the monthly test:
    NOBODY_ACTIVE = "no box is active"
    AGENT_SILENT = "the agent does not answer"
    NO_SECOND_BOX = "no second box has joined"
    NO_WITNESS = "no witness has joined"
    FILES_SILENT = "the programs that copy recordings do not hear of each other"
    FILES_BEHIND = "a recording lies on one box only for half an hour"
    TALKS = "talks are going on"
    NOBODY_LOOKED = "no box looked at the right time"
    UNKNOWN = "another version names a reason that is not known here"


REDUNDANCY_ONLY = frozenset(
    {
        NotReady.WITNESS_SILENT,
        NotReady.NO_WITNESS,
        NotReady.PEER_NEW,
        NotReady.HOLD,
        NotReady.PEER_LESS_FIT,
        NotReady.FILES_SILENT,
        NotReady.FILES_BEHIND,
    }
)
"""Reasons that do not keep a person from switching over."""


def not_ready(memory: Memory, seen: Seen, timing: Timing) -> tuple[NotReady, ...]:
    """As the active sees it, the worst first; empty = redundant."""
    steady = memory.peer_stable_since
    found = {
        NotReady.NO_QUORUM: not seen.reads,
        NotReady.PEER_SILENT: not seen.hears_peer,
        NotReady.PEER_IN_MAINTENANCE: seen.etcd.desired.maintenance == seen.other,
        NotReady.PEER_NOT_LISTED: seen.etcd.sync.standby != seen.other,
        NotReady.PEER_UNABLE: seen.hears_peer and not seen.peer.able,
        NotReady.HOLD: seen.etcd.desired.hold,
        NotReady.WITNESS_SILENT: not seen.etcd.witness,
        NotReady.PEER_NEW: steady is None or seen.at - steady < timing.ready_ms,
        NotReady.PEER_LESS_FIT: seen.peer.fitness < seen.health.fitness,
    }
    return tuple(reason for reason, is_so in found.items() if is_so)


def keeps_from_switching(memory: Memory, seen: Seen, timing: Timing) -> NotReady | None:
    """The worst reason that a switch-over is refused for."""
    return next((reason for reason in not_ready(memory, seen, timing) if reason not in REDUNDANCY_ONLY), None)


def named(name: str) -> NotReady:
    """As a box's status names it."""
    return NotReady.__members__.get(name.upper(), NotReady.UNKNOWN)
