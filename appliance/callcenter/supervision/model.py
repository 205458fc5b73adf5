"""What shift managers do on the floor: whose talk they hear, through which telephone, and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from appliance.callcenter.control.actor import Actor
from appliance.callcenter.supervision.thresholds import DEFAULTS, Thresholds
from appliance.clock import Millis


class Mode(StrEnum):
    """How far a manager is in a talk."""

    LISTEN = "listen"
    """Hears both, is heard by nobody."""
    WHISPER = "whisper"
    """Hears both, is heard by the agent alone."""
    BARGE = "barge"
    """Talks with both."""
    TAKE_OVER = "take_over"
    """Talks with the caller in the agent's place."""


class State(StrEnum):
    RINGING = "ringing"
    UP = "up"


WEB_PHONE = "web"


@dataclass(slots=True)
class Supervision:
    """One manager in one talk. Lost with call control: then its channels are orphans and hung up."""

    id: str
    actor: Actor
    call: str
    agent: int
    target: str
    """The agent's channel."""
    phone: str
    """`web`, or the extension that rings for the manager."""
    leg: str
    mode: Mode
    since: Millis
    reason: str = ""
    state: State = State.RINGING
    channel_name: str = ""
    snoop: str = ""

    @property
    def bridge(self) -> str:
        return f"{self.id}-b"


@dataclass(slots=True)
class StaffMessage:
    """What a manager wrote to agents; `read` is when each of them did (0 = not yet)."""

    id: str
    at: Millis
    user_id: int
    name: str
    target: str
    body: str
    read: dict[int, Millis]


@dataclass(frozen=True, slots=True)
class Forced:
    """An agent's version after a manager changed her state, and who did."""

    version: int
    name: str


@dataclass
class Office:
    """What call control knows of shift managers right now."""

    supervisions: dict[str, Supervision] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    """Channel of a manager's telephone → supervision."""
    phones: dict[int, str] = field(default_factory=dict)
    """User → the secret of the manager's browser phone."""

    messages: dict[str, StaffMessage] = field(default_factory=dict)
    """Today's, the oldest first."""
    moved: dict[int, frozenset[int]] = field(default_factory=dict)
    """Agent → queues she serves until she signs out."""
    forced: dict[int, Forced] = field(default_factory=dict)
    looking: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Agent → what is on her screen."""
    thresholds: Thresholds = DEFAULTS
    apply_members: Callable[[], None] = field(default=lambda: None)
    """Set by call control: lets distribution know who serves which queue."""

    def of_user(self, user_id: int) -> Supervision | None:
        return next((known for known in self.supervisions.values() if known.actor.user_id == user_id), None)
