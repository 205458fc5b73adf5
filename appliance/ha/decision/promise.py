"""The peer's promise: the active asks over the direct link, the standby answers "I keep still for 5 s".

It lets the active go on when etcd has no quorum. It is safe because only two can ever be active: whoever is promised
to knows that the one other keeps still. Both count from instants that make them err to the safe side: who promises from
the moment of the answer, who was promised from the moment before asking. tests/ha/explorer.py walks every interleaving.
"""

import msgspec

from appliance.ha.decision.timing import Boottime, Timing


class Ask(msgspec.Struct, frozen=True):
    """What the active sends. It comes back unchanged; an answer to an earlier boot is thrown away."""

    asked_at: Boottime
    boot: str
    epoch: int
    """In which it serves: whoever knows of a newer one does not promise."""


def believed_until(asked_at: Boottime, timing: Timing) -> Boottime:
    """How long the one who asked at `asked_at` may rely on the answer (before any margin)."""
    return asked_at + timing.promise_ms


def granted(pledged_until: Boottime, now: Boottime, timing: Timing) -> Boottime:
    """Until when this node keeps still after promising now. A promise is never shortened."""
    return max(pledged_until, now + timing.promise_ms)


def after_start(started_at: Boottime, timing: Timing) -> Boottime:
    """A start counts as a promise: nobody remembers what was promised before."""
    return granted(0, started_at, timing)


def is_free(pledged_until: Boottime, now: Boottime) -> bool:
    """Whether nothing promised forbids to take over."""
    return now >= pledged_until
