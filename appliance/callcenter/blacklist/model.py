"""Entries of the blacklist as pages, services and call control see them."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.clock import Millis


class Kind(StrEnum):
    NUMBER = "number"
    PREFIX = "prefix"
    HIDDEN = "hidden"
    """Callers who do not show their number."""


class Action(StrEnum):
    BUSY = "busy"
    DECLINE = "decline"
    MESSAGE = "message"
    """Say that the number is not served, then hang up."""
    SILENT = "silent"
    """Answer and listen to whatever is said; nobody is rung."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """One rule as call control uses it; `key` is the caller in the form of `rules.caller_key`."""

    id: int
    kind: Kind
    key: str
    action: Action
    expires_at: Millis | None = None


@dataclass(frozen=True)
class Entry:
    id: int
    kind: str
    number: str
    """As it was typed; empty for hidden callers."""
    action: str
    reason: str
    expires_on: str
    """The last day it counts, ISO 8601, or empty."""
    proposed: bool
    """An agent asks for it; it has no effect until a manager agrees."""
    added_by: str
    added_at: Millis
    hits: int
    last_hit_at: Millis | None

    @property
    def name(self) -> str:
        return self.number


@dataclass(frozen=True)
class EntryDraft:
    kind: str
    number: str
    action: str
    reason: str
    expires_on: str
    sure: bool
    """The person who enters it has seen the warning about whom it would hit."""
