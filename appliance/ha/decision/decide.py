"""The decision of one node: what it remembers and sees in, what it remembers, wants done and says out. Pure.

    BOOT → JOIN → STANDBY → CAMPAIGN → PROMOTE → ACTIVE ⇄ ACTIVE_PROMISED, ACTIVE_SOLO, DRAIN → DEMOTE → JOIN
    and aside: MAINT, HOLD, FAILED

It is asked again and again, a few times a second and whenever something changes; it never waits and keeps no time. One
transition for each decision: whoever carries out the wishes asks again at once while the state changes. Safety rests on
three things only: `rights` (who may be active, and until when), `sync_rules` (whose database is complete) and the order
in `active.promote` and `active.demote`.
"""

from msgspec.structs import replace

from appliance.ha.decision import active, passive, promise
from appliance.ha.decision.actions import Action, GivePromise
from appliance.ha.decision.model import QUIET, Memory, Role, Seen, State
from appliance.ha.decision.timing import Boottime, Timing
from appliance.ha.decision.verdict import Verdict

_RULES = {
    State.BOOT: passive.boot,
    State.JOIN: passive.join,
    State.STANDBY: passive.standby,
    State.CAMPAIGN: passive.campaign,
    State.MAINT: passive.maint,
    State.HOLD: passive.hold,
    State.FAILED: passive.failed,
    State.PROMOTE: active.promote,
    State.ACTIVE: active.serve,
    State.ACTIVE_PROMISED: active.serve,
    State.ACTIVE_SOLO: active.serve,
    State.DRAIN: active.serve,
    State.DEMOTE: active.demote,
}


def started(at: Boottime, timing: Timing) -> Memory:
    """What a node remembers when its agent starts."""
    return Memory(State.BOOT, at, at, promise.after_start(at, timing))


def decide(memory: Memory, seen: Seen, timing: Timing) -> Verdict:
    """One decision. `seen.at` must not go back."""
    memory = _watched(memory, seen)
    memory, answer = _answered(memory, seen, timing)
    verdict = _RULES[memory.state](memory, seen, timing)
    return Verdict(verdict.memory, (*answer, *verdict.actions), verdict.reason)


def _watched(memory: Memory, seen: Seen) -> Memory:
    """Since when nobody leads; only a read counts, silence of etcd says nothing."""
    if not seen.reads:
        return memory
    if seen.etcd.leader is not None:
        return replace(memory, leader_seen=True, key_gone_since=None)
    return memory if memory.key_gone_since is not None else replace(memory, key_gone_since=seen.at)


def _answered(memory: Memory, seen: Seen, timing: Timing) -> tuple[Memory, tuple[Action, ...]]:
    """A quiet node promises, but only while etcd is silent for it as well: else the lease decides."""
    ask = seen.peer.ask
    if ask is None or ask.epoch < _newest_epoch(memory, seen) or not may_promise(memory, seen):
        return memory, ()
    pledged_until = promise.granted(memory.pledged_until, seen.at, timing)
    return replace(memory, pledged_until=pledged_until), (GivePromise(ask),)


def _newest_epoch(memory: Memory, seen: Seen) -> int:
    leader = seen.etcd.leader
    return max(memory.epoch, leader.epoch if leader is not None else 0)


def may_promise(memory: Memory, seen: Seen) -> bool:
    """Nothing of it serves, and it cannot know better than the one who asks."""
    is_quiet = memory.state in QUIET and not seen.health.address_held and seen.postgres.role is not Role.PRIMARY
    return is_quiet and not seen.reads
