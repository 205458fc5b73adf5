"""Limits of outside calls as rules, pages and call control see them."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from appliance.clock import Millis


class CallClass(StrEnum):
    LOCAL = "local"
    SERVICE = "service"
    MOBILE = "mobile"
    LONG_DISTANCE = "long_distance"
    INTERNATIONAL = "international"
    PREMIUM = "premium"


class Reason(StrEnum):
    """Why an outside call is refused; also the ending of the prompt's name."""

    NOT_ALLOWED = "not-allowed"
    NIGHT = "night"
    LIMIT = "limit"
    BLOCKED = "blocked"


class Scope(StrEnum):
    ROLE = "role"
    EXTENSION = "extension"
    TRUNK = "trunk"


NOBODYS_PHONE = "phone"
"""Stands for a role: desk phones that belong to no agent."""

ROLES = ("agent", "manager", NOBODYS_PHONE)


@dataclass(frozen=True, slots=True)
class Limit:
    """What one role, extension or trunk may; 0 means no limit."""

    classes: frozenset[CallClass]
    night: bool = False
    at_once: int = 0
    calls_per_hour: int = 0
    calls_per_day: int = 0
    minutes_per_day: int = 0


USUAL = Limit(frozenset({CallClass.LOCAL, CallClass.SERVICE, CallClass.MOBILE, CallClass.LONG_DISTANCE}))
"""Where nothing was entered."""

NOTHING = Limit(frozenset())


class Policy(msgspec.Struct, frozen=True):
    """What counts for everybody. Kept as one setting."""

    area_code: str = ""
    """The hospital's own, such as 0755: numbers with it are local."""
    premium: str = "160 168 0088 00979 00870 0088213 0088216"
    """Beginnings of numbers that cost extra, parted by blanks."""
    night_from: str = ""
    night_to: str = ""
    """`HH:MM`; the same or empty = no night rule."""
    window_minutes: int = 10
    window_calls: int = 60
    """So many outside calls from one telephone within the window raise the alarm; 0 = no alarm."""
    window_short: int = 20
    window_failed: int = 30
    short_seconds: int = 6
    block: bool = True
    """With the alarm the telephone's outside calls stop until a manager releases it."""


@dataclass(frozen=True, slots=True)
class Rules:
    policy: Policy = field(default_factory=Policy)
    limits: dict[tuple[str, str], Limit] = field(default_factory=dict)
    """By scope and subject."""
    blocked: frozenset[str] = frozenset()
    """Callers whose alarm is not released."""
    released: dict[str, Millis] = field(default_factory=dict)
    """When alarms were released; what was before counts no more."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One outside call that was tried. `talk_ms` is None while it lasts or where it is not known."""

    at: Millis
    caller: str
    trunk: str
    answered: bool
    talk_ms: int | None


@dataclass(frozen=True)
class LimitDraft:
    target: str
    """Scope and subject, as `extension:8001`."""
    local: bool
    service: bool
    mobile: bool
    long_distance: bool
    international: bool
    premium: bool
    night: bool
    at_once: int
    calls_per_hour: int
    calls_per_day: int
    minutes_per_day: int


@dataclass(frozen=True)
class LimitEntry(LimitDraft):
    """A limit as pages have it."""

    id: int

    @property
    def name(self) -> str:
        return self.target.partition(":")[2]
