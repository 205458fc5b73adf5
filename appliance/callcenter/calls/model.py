"""Live calls: what call control knows of one contact, its legs, and what has happened so far."""

from enum import StrEnum

import msgspec

from appliance.callcenter.acd.policy import Need
from appliance.callcenter.callbacks.dialogue import Dialogue
from appliance.callcenter.calls.contacts import Contact
from appliance.callcenter.ivr.model import FlowRun
from appliance.callcenter.rooms.model import RoomPart
from appliance.clock import Millis


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Phase(StrEnum):
    FLOW = "flow"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"
    RATING = "rating"
    """The agent has hung up; the caller is asked what she thinks of it."""
    ENDED = "ended"


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    """A person talked with a person."""
    ABANDONED = "abandoned"
    """The caller hung up while waiting or while a phone rang."""
    SELF_SERVICE = "self-service"
    """The caller hung up in the menus, or they ended the call."""
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"
    CALLBACK = "callback"
    """The caller asked to be called back, and hung up."""
    OVERFLOW = "overflow"
    """Nobody could take the call; the caller was told so."""
    UNKNOWN_NUMBER = "unknown-number"
    BLOCKED = "blocked"
    """The caller is on the blacklist."""
    CUT = "cut"
    """The telephone system failed during the call."""


CARRIED = "carried"
"""The stretch in which a talk was without sound while another telephone system took it over."""

FAILOVER = "failover"
"""In the place of who hung up, and as the last stretch's result: cut because the other box of the pair took over."""


class Purpose(StrEnum):
    """Why we made a leg."""

    CUSTOMER = "customer"
    """The outside party, or whoever started an internal call."""
    OFFER = "offer"
    """Distribution rings an agent."""
    DIRECT = "direct"
    """A particular extension or outside number is rung for the customer."""
    INVITED = "invited"
    """Somebody is rung for a conference room."""
    DIALLER = "dialler"
    """The agent who wants to dial out."""
    CONSULT = "consult"
    """The agent asks somebody in private."""
    MEMBER = "member"
    """One more party of a conference."""


class Leg(msgspec.Struct):
    """One channel. `dialog` is its SIP dialog identity (see `control.identity`), kept for taking calls over."""

    channel: str
    purpose: Purpose
    party: str = ""
    agent: int | None = None
    name: str = ""
    up: bool = False
    music: bool = False
    """Hears music (see `control.music`)."""
    muted: bool = False
    by_key: bool = False
    """Whoever answers must press a key before the call is theirs (see `control.remote`)."""
    trunk: str = ""
    """The trunk whose line this leg takes, unless it is the customer's."""
    dialog: str = ""
    started_at: Millis = 0


class Segment(msgspec.Struct):
    """A stretch of the call; `ended_at` is None while it lasts."""

    kind: str
    started_at: Millis
    ended_at: Millis | None = None
    queue: int | None = None
    agent: int | None = None
    party: str = ""
    result: str = ""


class Consult(msgspec.Struct):
    """An agent's question to somebody while the customer waits. `leg` is None while nobody rings yet (a queue)."""

    by: int
    kind: str
    target: str
    since: Millis
    leg: Leg | None = None
    queue: int | None = None
    held: bool = False
    """The agent is back with the customer for a moment; the other one hears music."""

    @property
    def state(self) -> str:
        if self.leg is None:
            return "waiting"
        if not self.leg.up:
            return "ringing"
        return "held" if self.held else "talking"


class CarryOver(msgspec.Struct):
    """The talk is being taken up by another telephone system (see `control.carrying`); unheard of `since` then.

    Customer and partner are the new legs already; `lost` are channels of those that will not come.
    """

    since: Millis
    lost: list[str] = []


class Draft(msgspec.Struct, frozen=True):
    """What an agent has written about the call so far; whoever takes the call over sees it."""

    by: int
    business_type: str = ""
    outcome: str = ""
    notes: str = ""


class Help(msgspec.Struct, frozen=True):
    """An agent in the call asks the shift manager for help."""

    agent: int
    note: str
    since: Millis


class CutTalk(msgspec.Struct, frozen=True):
    """A talk that the telephone system cut off, for the agent who should call back."""

    call: str
    number: str
    at: Millis
    cause: str
    patient: str = ""
    patient_id: int | None = None


class PatientBrief(msgspec.Struct, frozen=True):
    """What a screen pop shows at once."""

    id: int
    name: str
    sex: str = ""
    birth_date: str = ""
    vip: bool = False
    department: str = ""
    relation: str = ""
    card_number: str = ""


class Call(msgspec.Struct):
    """One patient contact while it lives. Call control alone changes it."""

    id: str
    direction: Direction
    started_at: Millis
    caller: str = ""
    called: str = ""
    trunk: str = ""
    did_name: str = ""
    phase: Phase = Phase.FLOW
    since: Millis = 0
    customer: Leg | None = None
    partner: Leg | None = None
    rivals: list[Leg] = []
    """Legs that ring beside the partner's, where a queue rings several agents at once."""
    bridge: str = ""
    mixed: bool = False
    """The bridge always mixes (see `control.mixing`)."""
    legs_made: int = 0
    recordings: list[str] = []
    flow_id: int | None = None
    flow_version: int = 0
    run: FlowRun | None = None
    playback: str = ""
    """What is or was said to the customer last, so that it can be stopped after call control was away."""
    queue: int | None = None
    priority: int = 0
    queued_at: Millis = 0
    entered_at: Millis = 0
    """When the caller came into the present queue."""
    needs: list[Need] = []
    """Skills that the caller's flow asks for."""
    steps_done: list[int] = []
    """Steps of the present queue that are behind."""
    moves: int = 0
    """How often a queue's steps have sent the caller on."""
    patient_id: int | None = None
    patients: list[PatientBrief] = []
    segments: list[Segment] = []
    """One after another."""
    spans: list[Segment] = []
    """Beside the segments, overlapping: further parties, pauses of the recording."""
    consult: Consult | None = None
    carrying: CarryOver | None = None
    members: list[Leg] = []
    """Parties of a conference besides customer and partner; those not up yet still ring."""
    record_paused: bool = False
    draft: Draft | None = None
    help: Help | None = None
    answered_at: Millis | None = None
    talked_with: int | None = None
    hung_up_by: str = ""
    outcome: Outcome | None = None
    dial_to: str = ""
    trunks_tried: list[str] = []
    callback: str = ""
    """The ticket that this call is to fulfil."""
    contacts: list[Contact] = []
    """Who of us had to do with the caller lately."""
    sticky: Contact | None = None
    """Why distribution prefers an agent for this call."""
    dialogue: Dialogue | None = None
    """The caller is being talked with about a callback."""
    muted: bool = False
    rating: int | None = None
    """1 (very bad) to 5 (very good)."""
    room: RoomPart | None = None
    """The part in a conference room."""
    notified: bool = False
    """Told that the call is recorded."""

    @property
    def vip(self) -> bool:
        """Whether the caller is a VIP: of several patients on one number, any."""
        if self.patient_id is not None:
            return any(patient.vip for patient in self.patients if patient.id == self.patient_id)
        return any(patient.vip for patient in self.patients)

    @property
    def remote(self) -> str:
        """The outside party's number."""
        return self.called if self.direction is Direction.OUTBOUND else self.caller

    def legs(self) -> list[Leg]:
        return [leg for leg in (self.customer, self.partner, *self.rivals, *self.guests()) if leg is not None]

    def guests(self) -> list[Leg]:
        """Everybody besides customer and partner."""
        if self.consult is not None and self.consult.leg is not None:
            return [self.consult.leg, *self.members]
        return self.members

    def open_span(self, segment: Segment) -> None:
        self.spans.append(segment)

    def close_span(self, kind: str, at: Millis, *, party: str = "", result: str = "") -> None:
        """End the last open stretch of that kind (and party)."""
        for span in reversed(self.spans):
            if span.kind == kind and span.ended_at is None and party in {"", span.party}:
                span.ended_at, span.result = max(at, span.started_at), result or span.result
                return

    def open_segment(self, segment: Segment) -> None:
        """Begin the next stretch; the one before ends at the same instant. More of the same goes on as one."""
        last = self.segments[-1] if self.segments else None
        same = (segment.kind, segment.queue, segment.agent, segment.party)
        if last is not None and last.ended_at is None and (last.kind, last.queue, last.agent, last.party) == same:
            return
        self.close_segment(segment.started_at)
        self.segments.append(segment)

    def close_segment(self, at: Millis, result: str = "") -> None:
        if self.segments and self.segments[-1].ended_at is None:
            last = self.segments[-1]
            last.ended_at = max(at, last.started_at)
            last.result = result or last.result

    def total_ms(self, *kinds: str) -> int:
        return sum(
            segment.ended_at - segment.started_at
            for segment in self.segments
            if segment.kind in kinds and segment.ended_at is not None
        )
