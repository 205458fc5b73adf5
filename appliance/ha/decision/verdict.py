"""What a decision is: the state after it, the wishes, and one sentence why."""

import msgspec
from msgspec.structs import replace

from appliance.ha.decision.actions import Action
from appliance.ha.decision.model import Cause, Memory, Seen, State
from appliance.ha.decision.reasons import Reason


class Verdict(msgspec.Struct, frozen=True):
    memory: Memory
    actions: tuple[Action, ...]
    reason: Reason


def stay(memory: Memory, reason: Reason, *actions: Action) -> Verdict:
    return Verdict(memory, actions, reason)


def go(memory: Memory, seen: Seen, state: State, reason: Reason, *actions: Action) -> Verdict:
    return Verdict(replace(memory, state=state, since=seen.at), actions, reason)


def step_down(memory: Memory, seen: Seen, cause: Cause, reason: Reason) -> Verdict:
    """Every way out of being active leads through DEMOTE."""
    return go(replace(memory, cause=cause, demoted_at=seen.at), seen, State.DEMOTE, reason)
