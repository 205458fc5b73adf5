"""Which reasons are worth an alarm: those that last. Pure."""

from collections.abc import Iterable, Mapping

from appliance.clock import Millis
from appliance.ha.decision.readiness import NotReady

LASTING_MS = 60_000
QUIET = frozenset({NotReady.PEER_NEW, NotReady.PEER_IN_MAINTENANCE})
"""Pass by themselves, or are somebody's wish."""


def first_seen(
    before: Mapping[NotReady, Millis], reasons: Iterable[NotReady], now: Millis
) -> Mapping[NotReady, Millis]:
    """Since when each of the present reasons is there."""
    return {reason: before.get(reason, now) for reason in reasons if reason not in QUIET}


def lasting(seen: Mapping[NotReady, Millis], now: Millis) -> frozenset[NotReady]:
    return frozenset(reason for reason, since in seen.items() if now - since >= LASTING_MS)
