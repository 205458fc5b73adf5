"""When bad health is a reason to step down: seldom. A fail-over cuts calls, a sick pair would swap roles for ever."""

from appliance.ha.decision.model import Cause, Memory, Seen
from appliance.ha.decision.readiness import NotReady, not_ready
from appliance.ha.decision.timing import Timing


def complaint(memory: Memory, seen: Seen, timing: Timing) -> Cause | None:
    """What is bad enough here to step down for, if the peer could do better."""
    down = memory.postgres_down_since
    if down is not None and seen.at - down > timing.postgres_budget_ms:
        return Cause.POSTGRES
    if seen.services.failed and seen.services.restarts >= timing.restarts_per_minute:
        return Cause.SERVICES
    if not seen.health.gateway and seen.peer.sees_gateway and seen.hears_peer:
        return Cause.UPLINK
    return None


def keeps_serving(memory: Memory, seen: Seen, timing: Timing) -> str | None:
    """Why the node stays active in spite of a complaint; None: it steps down."""
    if seen.etcd.failovers >= timing.health_failovers_per_hour:
        return NotReady.HOLD
    reasons = set(not_ready(memory, seen, timing)) - {NotReady.WITNESS_SILENT, NotReady.PEER_NEW}
    return min(reasons, default=None)


def has_to_hold(seen: Seen, timing: Timing) -> bool:
    """After the third of an hour none happens by itself until a person has looked."""
    return seen.etcd.failovers > timing.health_failovers_per_hour
