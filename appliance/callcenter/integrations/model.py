"""What WebCTI knows: keys of integrators, events with numbers, webhooks, leases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

from appliance.clock import Millis

type Document = dict[str, Any]

EVERYBODY = "pbx"
"""Subject of events that concern every agent and queue."""

CAUSE_CLIENT_LOST = "client_lost"
"""Of an agent whose integrator's program has not been heard of for the length of its lease."""


EVENT_TYPES = {
    "agent.state": ("坐席状态变化", "An agent's state changed; `previous` is the state before."),
    "call.started": ("出现新的通话", "A call began."),
    "call.waiting": ("来电进入排队", "A caller began to wait in a queue."),
    "call.ringing": ("坐席话机振铃（弹屏用）", "An agent's phone rings: the moment for a screen pop."),
    "call.answered": ("坐席与对方接通", "An agent and the other side talk."),
    "call.held": ("通话被保持", "The other side was put on hold."),
    "call.retrieved": ("通话被取回", "The other side was taken back from hold."),
    "call.changed": ("通话的其他变化", "Something else about a call changed: patient, place in the queue, mute."),
    "call.ended": ("通话结束", "A call is over; with its outcome and times."),
    "queue.changed": ("队列人数变化", "Callers who wait or agents who are ready changed."),
    "pbx.changed": ("电话系统可用性变化", "The telephone system came or went."),
}
"""Each with its sentence in Chinese and English."""


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"
    AGENT = "agent"
    DIAL = "dial"
    EVENTS = "events"
    PATIENTS = "patients"


@dataclass(frozen=True)
class ApiKey:
    """One integrator's access. Empty `sources`, `agents`, `queues` mean every one; empty `origins` no browser page."""

    id: int
    name: str
    public_id: str
    scopes: frozenset[Scope]
    sources: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    per_second: int = 20
    lease_seconds: int = 120
    expires_on: str = ""
    """The last day on which it is good, ISO 8601, in the hospital's time zone; empty = for ever."""
    created_at: Millis = 0
    created_by: str = ""
    last_used_at: Millis | None = None
    last_used_address: str = ""
    secret_hash: str = field(default="", repr=False)

    @property
    def may_read(self) -> bool:
        return Scope.READ in self.scopes

    @property
    def may_agent(self) -> bool:
        return Scope.AGENT in self.scopes

    @property
    def may_dial(self) -> bool:
        return Scope.DIAL in self.scopes

    @property
    def may_events(self) -> bool:
        return Scope.EVENTS in self.scopes

    @property
    def may_patients(self) -> bool:
        return Scope.PATIENTS in self.scopes


@dataclass(frozen=True)
class ApiKeyDraft:
    name: str
    may_read: bool
    may_agent: bool
    may_dial: bool
    may_events: bool
    may_patients: bool
    sources: tuple[str, ...]
    agents: tuple[str, ...]
    queues: tuple[str, ...]
    origins: tuple[str, ...]
    per_second: int
    lease_seconds: int
    expires_on: str

    @property
    def scopes(self) -> tuple[Scope, ...]:
        flags = (self.may_read, self.may_agent, self.may_dial, self.may_events, self.may_patients)
        return tuple(scope for scope, chosen in zip(Scope, flags, strict=True) if chosen)


@dataclass(frozen=True)
class Caller:
    """Who asks over WebCTI: a key, or a short-lived token made with it (then bound to one `agent`)."""

    key: ApiKey
    scopes: frozenset[Scope]
    agent: str = ""
    until: Millis | None = None
    """When the token ends."""

    def may_act_for(self, number: str) -> bool:
        if self.agent:
            return number == self.agent
        return not self.key.agents or number in self.key.agents


@dataclass(frozen=True)
class Event:
    """Something that happened. `seq` rises by one from event to event, for ever."""

    seq: int
    at: Millis
    type: str
    subject: str
    """What it is about, for taking up the thread after a restart: `agent:1001`, `call:…`, `queue:7001`, `pbx`."""
    agents: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    data: Document = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        """As sent to those who may know patients."""
        return self._encode(self.data)

    @cached_property
    def reduced(self) -> str:
        """As sent to those who may not."""
        return self._encode(without_patients(self.data))

    def _encode(self, data: Document) -> str:
        return msgspec.json.encode({"seq": self.seq, "at": self.at, "type": self.type, "data": data}).decode()


def without_patients(document: Document) -> Document:
    """The same without what says who the patients are."""
    changed: Document = {}
    for name, value in document.items():
        if name in {"patients", "patient_id"}:
            changed[name] = [] if name == "patients" else None
        elif isinstance(value, Mapping):
            changed[name] = without_patients(dict(value))
        elif isinstance(value, list):
            changed[name] = [without_patients(item) if isinstance(item, dict) else item for item in value]
        else:
            changed[name] = value
    return changed


@dataclass(frozen=True)
class Filter:
    """Which events somebody wants and may have. Empty means every one."""

    agents: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    types: tuple[str, ...] = ()
    """Types, or their beginnings such as `call.`."""
    patients: bool = False

    def passes(self, event: Event) -> bool:
        if self.types and not event.type.startswith(self.types):
            return False
        if not (self.agents or self.queues) or event.subject == EVERYBODY:
            return True
        return not (self.agents.isdisjoint(event.agents) and self.queues.isdisjoint(event.queues))

    def text(self, event: Event) -> str:
        return event.text if self.patients else event.reduced


@dataclass(frozen=True)
class Lease:
    """An agent signed in by an integrator: `key` must be heard of again before the lease ends."""

    agent: int
    key: int
    seconds: int
    sign_in: str
    """The signing-in it belongs to; another one ends it."""
    lost_at: Millis | None = None


@dataclass(frozen=True)
class Webhook:
    id: int
    name: str
    url: str
    secret: str = field(repr=False)
    types: tuple[str, ...]
    agents: tuple[str, ...]
    queues: tuple[str, ...]
    patients: bool
    active: bool
    verify_tls: bool
    created_at: Millis
    last_at: Millis | None = None
    last_status: str = ""
    failures: int = 0
    waiting: int = 0
    dead: int = 0

    @property
    def filter(self) -> Filter:
        return Filter(frozenset(self.agents), frozenset(self.queues), self.types, self.patients)


@dataclass(frozen=True)
class WebhookDraft:
    name: str
    url: str
    types: tuple[str, ...]
    agents: tuple[str, ...]
    queues: tuple[str, ...]
    patients: bool
    active: bool
    verify_tls: bool


@dataclass(frozen=True)
class Delivery:
    """One event on its way to a webhook."""

    id: int
    webhook_id: int
    seq: int
    type: str
    body: str
    created_at: Millis
    attempts: int = 0
    error: str = ""


def words(text: str) -> tuple[str, ...]:
    """What people type into a box for several things: separated by blanks, commas or new lines."""
    return tuple(dict.fromkeys(text.replace(",", " ").replace("，", " ").replace("、", " ").split()))
