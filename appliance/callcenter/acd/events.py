"""What can happen to distribution, and what distribution wants done."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.callcenter.acd.model import QueueRules
from appliance.callcenter.acd.policy import Need, Step
from appliance.clock import Millis


@dataclass(frozen=True, slots=True)
class Configured:
    """Queues, and which agent serves which, as the administrator wants it now."""

    at: Millis
    queues: Mapping[int, QueueRules]
    members: Mapping[int, frozenset[int]]
    skills: Mapping[int, Mapping[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restored:
    """After a restart: what each agent took out of queues today, and the queues' latest calls (see AcdState)."""

    at: Millis
    calls: Mapping[int, int]
    handled: Mapping[int, tuple[tuple[Millis, int], ...]]


@dataclass(frozen=True, slots=True)
class DayBegan:
    """Counting begins anew."""

    at: Millis


@dataclass(frozen=True, slots=True)
class SignedIn:
    at: Millis
    agent: int
    phone: str
    phone_online: bool
    sign_in: str = ""
    extension: str = ""
    """Another desk phone than her own."""
    outside_number: str = ""


@dataclass(frozen=True, slots=True)
class SignedOut:
    at: Millis
    agent: int
    cause: str = ""


@dataclass(frozen=True, slots=True)
class BecameReady:
    at: Millis
    agent: int


@dataclass(frozen=True, slots=True)
class BecameBusy:
    at: Millis
    agent: int
    cause: str


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    at: Millis
    agent: int
    online: bool


@dataclass(frozen=True, slots=True)
class CallQueued:
    at: Millis
    call: str
    queue: int
    priority: int
    since: Millis
    needs: tuple[Need, ...] = ()
    """Beside those of the queue."""
    entered_at: Millis = 0
    """0 = now."""
    done: tuple[int, ...] = ()
    """Steps of the queue that this caller has behind."""
    single: bool = False
    """Ring one agent at a time, whatever the queue's strategy."""
    ticket: bool = False
    """A callback: nobody is on the line, so nothing is announced and nothing runs over."""
    preferred: int | None = None
    """An agent whom the call waits for, though others are free, until `preferred_until`."""
    preferred_until: Millis = 0


@dataclass(frozen=True, slots=True)
class OfferResumed:
    """After call control was away: the caller waits as before, and the agent's phone rings on for her."""

    at: Millis
    queued: CallQueued
    agent: int


@dataclass(frozen=True, slots=True)
class CallLeft:
    """The caller is gone from the queue: hung up, or taken somewhere else."""

    at: Millis
    call: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation by keys with the caller has begun (`asking`), or is over."""

    at: Millis
    call: str
    asking: bool


@dataclass(frozen=True, slots=True)
class PhoneRings:
    at: Millis
    call: str
    agent: int


@dataclass(frozen=True, slots=True)
class Answered:
    at: Millis
    call: str
    agent: int


@dataclass(frozen=True, slots=True)
class RingFailed:
    """`reason`: no_answer, rejected or phone."""

    at: Millis
    call: str
    agent: int
    reason: str


@dataclass(frozen=True, slots=True)
class Engaged:
    """The agent is in a call that distribution did not give her: dialled, internal, or a direct one."""

    at: Millis
    agent: int
    call: str


@dataclass(frozen=True, slots=True)
class HoldChanged:
    at: Millis
    agent: int
    holding: bool


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """`wrap_up_seconds` 0 = no form is owed."""

    at: Millis
    agent: int
    call: str
    wrap_up_seconds: int


@dataclass(frozen=True, slots=True)
class WrapUpSaved:
    at: Millis
    agent: int
    call: str


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    at: Millis
    agent: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; deadlines are looked at."""

    at: Millis


type Event = (
    Configured
    | Restored
    | DayBegan
    | SignedIn
    | SignedOut
    | BecameReady
    | BecameBusy
    | PhoneChanged
    | CallQueued
    | OfferResumed
    | CallLeft
    | Asked
    | PhoneRings
    | Answered
    | RingFailed
    | Engaged
    | HoldChanged
    | TalkEnded
    | WrapUpSaved
    | WrapUpExtended
    | Tick
)


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring `agent` for `call`; after `seconds` report RingFailed(no_answer)."""

    call: str
    agent: int
    seconds: int


@dataclass(frozen=True, slots=True)
class StopRinging:
    call: str
    agent: int


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the caller how many wait before her."""

    call: str
    ahead: int


@dataclass(frozen=True, slots=True)
class StepDue:
    """Do what `step`, number `index` of the queue's, says. When its action leaves, the call is out of the queue."""

    call: str
    queue: int
    index: int
    step: Step


@dataclass(frozen=True, slots=True)
class Overflow:
    """The queue is no more; the call is out of it."""

    call: str
    queue: int


type Effect = Ring | StopRinging | Announce | StepDue | Overflow
