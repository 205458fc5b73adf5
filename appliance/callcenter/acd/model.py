"""What distribution knows: agents, callers who wait, and who is being offered whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum

from appliance.callcenter.acd.policy import Need, Step
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

COMES_BACK = OCCUPIED | {AgentState.READY, AgentState.WRAP_UP}
"""States of an agent who is worth waiting for."""

ON_CALL = frozenset({AgentState.TALKING, AgentState.HOLDING})


class Strategy(StrEnum):
    """Which of the agents who are free is rung."""

    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"
    """By id, going on behind the one who was rung last for this queue."""
    FEWEST_CALLS = "fewest_calls"
    """Today, of all queues."""
    RING_ALL = "ring_all"
    """Everybody at once; who answers first has the call."""
    BY_SKILL = "by_skill"
    """Who is best at what the caller needs."""


RING_ALL_MOST = 20
"""No more telephones than this ring for one caller."""

CAUSE_PHONE = "phone"
CAUSE_NO_ANSWER = "no_answer"
CAUSE_REJECTED = "rejected"
CAUSE_WRAP_UP_MISSING = "wrap_up_missing"
CAUSE_PAGE = "page_gone"

CAUSE_SIGN_OUT = "sign_out"
"""As the next cause: sign out after the call and its form."""


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
    calls: int = 0
    """Taken out of queues today."""
    engaged_at: Millis = 0
    """When the present call (or the one that is being written up) was answered."""
    serves: int = 0
    """The queue that call came from; 0 = none."""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue. Who is next says `ordering.urgency`."""

    call: str
    queue: int
    priority: int
    since: Millis
    """When the caller began to wait for a person; makes the age."""
    entered_at: Millis = 0
    """When the caller came into this queue; steps and needs count from here."""
    announced_at: Millis = 0
    needs: tuple[Need, ...] = ()
    single: bool = False
    """One telephone at a time, whatever the strategy."""
    ticket: bool = False
    """A callback waits here, no caller: nothing is said to it, no step applies."""
    due: tuple[tuple[Millis, int], ...] = ()
    """Steps of the queue (by index) whose time will come, and when; the soonest first."""
    unstaffed: tuple[int, ...] = ()
    """Steps that are due as soon as nobody is signed in."""
    asked_until: Millis = 0
    """The caller is being asked something: until she has answered, at most until then, nothing else is said or done."""
    preferred: int | None = None
    """An agent whom the call waits for, though others are free, until `preferred_until`."""
    preferred_until: Millis = 0


@dataclass(frozen=True, slots=True)
class QueueRules:
    id: int
    ring_seconds: int = 15
    wrap_up_seconds: int = 30
    announce_seconds: int = 60
    strategy: Strategy = Strategy.LONGEST_IDLE
    age_points: int = 10
    """Priority that a caller gains in a minute of waiting."""
    needs: tuple[Need, ...] = ()
    steps: tuple[Step, ...] = ()
    zone: tzinfo = UTC
    """In which closing times are meant."""


@dataclass(frozen=True, slots=True)
class AcdState:
    """Everything `rules.step` needs. `offers` says at which agents a waiting call rings."""

    agents: dict[int, Agent] = field(default_factory=dict)
    queues: dict[int, QueueRules] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    offers: dict[str, tuple[int, ...]] = field(default_factory=dict)
    skills: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """Agent → skill → level."""
    turns: dict[int, int] = field(default_factory=dict)
    """Queue → the agent who was rung last for it."""
    handled: dict[int, tuple[tuple[Millis, int], ...]] = field(default_factory=dict)
    """Queue → when its latest calls were done with, and how long each kept an agent (talk and wrap-up, ms)."""
