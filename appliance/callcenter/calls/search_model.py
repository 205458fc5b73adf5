"""Finished calls as pages see them."""

from dataclasses import dataclass

from appliance.callcenter.calls.interventions import Intervention
from appliance.clock import Millis


@dataclass(frozen=True)
class CallQuery:
    """`since` to `until` is always given, so that no search reads the whole history by mistake."""

    since: Millis
    until: Millis
    number: str = ""
    patient: str = ""
    patient_id: int | None = None
    agent_id: int | None = None
    queue_id: int | None = None
    outcome: str = ""
    direction: str = ""
    rating: str = ""
    """`rated`, `unrated`, or the lowest and highest wanted: `1-2`, `4-5`, `3-3`."""
    only_agent_id: int | None = None
    """Restricts to calls this agent had a part in; for those who may see only their own."""


@dataclass(frozen=True)
class CallSummary:
    id: str
    direction: str
    caller: str
    called: str
    started_at: Millis
    answered_at: Millis | None
    ended_at: Millis
    outcome: str
    hung_up_by: str
    wait_ms: int
    talk_ms: int
    trunk: str
    queue: str
    agent_id: int | None
    agent: str
    agent_number: str
    patient_id: int | None
    patient: str
    vip: bool
    recordings: int
    business_type: str
    result: str
    """The outcome the agent wrote down."""
    rating: int | None
    """1 (very bad) to 5 (very good)."""
    queue_id: int | None = None

    @property
    def remote(self) -> str:
        return self.called if self.direction == "outbound" else self.caller


@dataclass(frozen=True)
class CallTotals:
    calls: int
    answered: int
    abandoned: int
    talk_ms: int
    mean_wait_ms: int
    """Of calls that waited in a queue."""
    mean_rating: float | None
    """Of calls that were rated."""


@dataclass(frozen=True)
class CallSegment:
    kind: str
    started_at: Millis
    ended_at: Millis
    queue: str
    agent: str
    party: str
    result: str


@dataclass(frozen=True)
class CallRecording:
    id: str
    status: str
    file: str
    milliseconds: int
    size_bytes: int
    peaks: str
    salvaged: bool
    started_at: Millis


@dataclass(frozen=True)
class CallNotes:
    """What an agent wrote after the talk."""

    agent: str
    business_type: str
    outcome: str
    notes: str
    saved_at: Millis


@dataclass(frozen=True)
class CallDetail:
    call: CallSummary
    segments: tuple[CallSegment, ...]
    path: tuple[tuple[str, str, str], ...]
    """Node, label and the key pressed to leave it."""
    recordings: tuple[CallRecording, ...]
    notes: tuple[CallNotes, ...]
    interventions: tuple[Intervention, ...] = ()
    """What shift managers did, in order of time."""
