"""What distribution knows: agents, callers who wait, and who is being offered whom."""

from dataclasses import dataclass, field
from enum import StrEnum

from appliance.clock import Millis


class AgentState(StrEnum):
    SIGNED_OUT = "signed_out"
    READY = "ready"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"
    WRAP_UP = "wrap_up"
    BUSY = "busy"
    NOT_ANSWERING = "not_answering"


OCCUPIED = frozenset({AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING, AgentState.HOLDING})
"""States in which an agent has a call."""

ON_CALL = frozenset({AgentState.TALKING, AgentState.HOLDING})

CAUSE_PHONE = "phone"
CAUSE_NO_ANSWER = "no_answer"
CAUSE_REJECTED = "rejected"
CAUSE_WRAP_UP_MISSING = "wrap_up_missing"
CAUSE_PAGE = "page_gone"

CAUSE_SIGN_OUT = "sign_out"
"""As the next cause: sign out after the call and its form."""

BUSY_CAUSES = ("rest", "meal", "training", "meeting", "paperwork", "other")
"""What an agent may choose on a new box (see `reasons`); the other causes are set by the rules."""


@dataclass(frozen=True, slots=True)
class Agent:
    """`since` is when the state began, `until` its deadline, `idle_since` decides who is longest idle."""

    id: int
    state: AgentState = AgentState.SIGNED_OUT
    cause: str = ""
    since: Millis = 0
    until: Millis | None = None
    call: str = ""
    queues: frozenset[int] = frozenset()
    phone: str = "web"
    outside_number: str = ""
    """Where she is rung while `phone` is "outside"."""
    phone_online: bool = False
    extension: str = ""
    """The desk phone she signed in at, where it is not her own."""
    idle_since: Millis = 0
    misses: int = 0
    next_cause: str = ""
    """Busy cause to enter after the present call; empty = ready."""
    wrap_up_call: str = ""
    """The call whose form is still owed."""
    owed_before: tuple[str, ...] = ()
    """Earlier calls whose forms are owed too (a call was taken before the form was saved); asked for newest first."""
    sign_in: str = ""
    """Id of this signing-in; the browser phone's secret is derived from it."""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue. Higher `priority` is served first, within it who came first."""

    call: str
    queue: int
    priority: int
    since: Millis
    announced_at: Millis = 0
    ticket: bool = False
    """A callback waits here, no caller."""

    @property
    def order(self) -> tuple[int, Millis, str]:
        return (-self.priority, self.since, self.call)


@dataclass(frozen=True, slots=True)
class QueueRules:
    id: int
    ring_seconds: int = 15
    wrap_up_seconds: int = 30
    announce_seconds: int = 60
    max_wait_seconds: int = 600


@dataclass(frozen=True, slots=True)
class AcdState:
    """Everything `rules.step` needs. `offers` says which agent a waiting call rings at."""

    agents: dict[int, Agent] = field(default_factory=dict)
    queues: dict[int, QueueRules] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    offers: dict[str, int] = field(default_factory=dict)
