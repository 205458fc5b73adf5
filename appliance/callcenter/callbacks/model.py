"""Tickets: a patient who asked to be called back, or who hung up while waiting."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.clock import Millis


class Kind(StrEnum):
    CALLBACK = "callback"
    """The caller asked for it: waits in the queue like a call."""
    MISSED = "missed"
    """The call was lost while it waited: stands in the list until somebody calls back."""


class State(StrEnum):
    WAITING = "waiting"
    DIALLING = "dialling"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


class Cause(StrEnum):
    """What went wrong on our side, where that is why somebody is owed a call."""

    NONE = ""
    CUT = "cut"
    """The telephone system failed during the call."""
    FAILOVER = "failover"
    """The other box of the pair took over during the call."""

    @classmethod
    def of_cut(cls, *, failover: bool) -> Cause:
        return cls.FAILOVER if failover else cls.CUT


OPEN = frozenset({State.WAITING, State.DIALLING})


class Reason(StrEnum):
    """Why a ticket was closed."""

    REACHED = "reached"
    CALLED_AGAIN = "called_again"
    DECLINED = "declined"
    """The patient answered and did not want the talk."""
    BY_HAND = "by_hand"
    TOO_OLD = "too_old"
    NOT_REACHED = "not_reached"
    """As often tried as the queue allows."""
    NOT_ALLOWED, NIGHT, LIMIT, BLOCKED = "not-allowed", "night", "limit", "blocked"
    """Limits of outside calls (see `call_limits.model.Reason`); also while the ticket waits: why it was not dialled."""


class Mode(StrEnum):
    OFF = "off"
    AGENT = "agent"
    """Agent first: she sees the patient, then the number is dialled."""
    PATIENT = "patient"
    """Patient first: asked to press 1, then connected with the agent who was kept free."""


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """What a queue's administrator decided."""

    mode: Mode = Mode.OFF
    key: str = "1"
    attempts: int = 3
    gap_ms: Millis = 300_000
    expiry_ms: Millis = 86_400_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """`since` and `priority` are the place in the queue; before `next_at` nothing is tried."""

    id: str
    kind: Kind
    queue: int
    number: str
    lookup: str
    since: Millis
    created_at: Millis
    expires_at: Millis
    state: State = State.WAITING
    priority: int = 0
    next_at: Millis = 0
    attempts: int = 0
    calls: int = 1
    """How many calls were lost, for the list of missed calls."""
    agent: int | None = None
    """Who tried last."""
    claim: str = ""
    """Id of the call that is trying now."""
    tried_at: Millis = 0
    patient_id: int | None = None
    origin: str = ""
    """Id of the call it came from."""
    cause: Cause = Cause.NONE
    reason: str = ""
    note: str = ""
    closed_at: Millis | None = None
    closed_by: str = ""
    version: int = 0
    """Rises with each change; the higher one is right where memory and database differ."""

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def open_key(self) -> str | None:
        """Unique among open tickets: one for each queue and number."""
        return f"{self.queue}:{self.lookup}" if self.open else None
