"""When: lifetimes, announcements, the uplink's thresholds, what counts as a conflict. Pure; times are BOOTTIME ms."""

import msgspec
from msgspec.structs import replace

from appliance.ha.decision.timing import Boottime

ANNOUNCE_MS = (0, 300, 1_000, 5_000)
"""After the address was taken. A frame may get lost while a switch still learns."""
ANNOUNCE_AGAIN_MS = 60_000
"""A neighbour that heard somebody else meanwhile stays wrong for no longer."""


def lifetime_seconds(until: Boottime, at: Boottime) -> int:
    """What the kernel is given: whole seconds, never beyond `until`; 0: nothing is left to give."""
    return max(0, until - at) // 1_000


class Announcing(msgspec.Struct, frozen=True):
    """Announcements of an address since it was taken."""

    since: Boottime
    sent: int = 0
    due_at: Boottime = 0
    """When the next is to be sent; in the past: now."""

    def after_sending(self, at: Boottime) -> Announcing:
        """Those that were missed meanwhile (the program stood still) are not made up for."""
        sent = self.sent + 1
        while sent < len(ANNOUNCE_MS) and self.since + ANNOUNCE_MS[sent] <= at:
            sent += 1
        due_at = self.since + ANNOUNCE_MS[sent] if sent < len(ANNOUNCE_MS) else at + ANNOUNCE_AGAIN_MS
        return Announcing(self.since, sent, due_at)


class Thresholds(msgspec.Struct, frozen=True):
    """How long something lasts before it counts: a fail-over for a blip costs more calls than the blip."""

    carrier_ms: int = 1_000
    """Without carrier for so long: the uplink is lost. A cable that is plugged over takes less."""
    silent_ms: int = 3_000
    """Without an answer of the gateway for so long: the uplink is lost. It is asked once a second."""
    back_ms: int = 3_000
    """Both without a break for so long: the uplink is back."""


class Reach(msgspec.Struct, frozen=True):
    """Whether the uplink is of use."""

    works: bool = True
    """Until the opposite has been shown."""
    carrier_at: Boottime = 0
    """When there last was a carrier."""
    good_since: Boottime | None = None

    def step(self, at: Boottime, *, carrier: bool, answered_at: Boottime, limits: Thresholds) -> Reach:
        """The view at `at`; `answered_at`: the gateway's last answer, or `at` where no gateway is named."""
        carrier_at = at if carrier else self.carrier_at
        silent = at - answered_at >= limits.silent_ms
        good_since = None
        if carrier and not silent:
            good_since = at if self.good_since is None else self.good_since
        if self.works:
            works = at - carrier_at < limits.carrier_ms and not silent
        else:
            works = good_since is not None and at - good_since >= limits.back_ms
        return Reach(works, carrier_at, good_since)


PROBE_MS = 200
"""Between the two probes that open a watch."""
WATCH_MS = 3_000
"""How long a watch goes on after it was last asked for."""
QUIET_PROBE_MS = 10_000
"""Between the probes of a watch that finds nobody."""
CONFLICT_MS = 2_000
"""How long somebody else's claim counts."""
CONFLICT_PROBE_MS = 600
"""Whether the other is still there."""


class Watch(msgspec.Struct, frozen=True):
    """Looks for somebody else who has our address: while we serve, and shortly before we do."""

    until: Boottime = 0
    probes: int = 0
    probed_at: Boottime = 0
    claimed_at: Boottime | None = None

    def wished(self, at: Boottime) -> Watch:
        """Somebody wants to know, for the next three seconds."""
        if at >= self.until:
            return Watch(at + WATCH_MS)
        return replace(self, until=at + WATCH_MS)

    def claimed(self, at: Boottime) -> Watch:
        """Somebody else said that the address is his; nobody asks: nothing of ours."""
        return replace(self, claimed_at=at) if at < self.until else self

    def conflict(self, at: Boottime) -> bool:
        return at < self.until and self.claimed_at is not None and at - self.claimed_at < CONFLICT_MS

    def due_at(self, at: Boottime) -> Boottime | None:
        """When the next probe is to be sent; None: nobody wants to know."""
        if at >= self.until:
            return None
        if self.probes == 0:
            return at
        if self.probes == 1:
            return self.probed_at + PROBE_MS
        return self.probed_at + (CONFLICT_PROBE_MS if self.conflict(at) else QUIET_PROBE_MS)

    def probed(self, at: Boottime) -> Watch:
        return replace(self, probes=self.probes + 1, probed_at=at)
