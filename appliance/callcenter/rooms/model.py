"""Conference rooms as rules, pages and call control see them."""

from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from appliance.clock import Millis
from appliance.secret import Secret

EARLY_MS = 10 * 60_000
"""So long before its beginning a scheduled room lets people in."""


class RoomPart(msgspec.Struct):
    """A call's part in a room. Stored with the call, so that the picture is whole again after a restart."""

    number: str
    invited: bool = False
    """Rung by us: joins with the key 1 instead of a PIN."""
    moderator: bool = False
    joined: bool = False
    ready: bool = False
    """Has heard the greeting: may be bridged."""
    in_bridge: bool = False
    muted: bool = False
    tries: int = 0


class LiveRoom(msgspec.Struct):
    """What lasts while somebody is in the room."""

    number: str
    since: Millis
    locked: bool = False
    recording: bool = False
    recorded: str = ""
    """The call in whose recording the conference is kept at present."""


@dataclass
class Entrance:
    """Somebody who keys a PIN. `digits` stay in memory only."""

    digits: Secret = field(default_factory=Secret)
    checking: bool = False


@dataclass
class Rooms:
    """Everything about rooms that call control keeps besides the calls themselves."""

    live: dict[str, LiveRoom] = field(default_factory=dict)
    entrances: dict[str, Entrance] = field(default_factory=dict)
    """By call."""
    starred: set[str] = field(default_factory=set)
    """Calls whose participant has pressed * last."""
    talking: set[str] = field(default_factory=set)
    """Calls whose participant speaks right now."""
    failures: dict[str, deque[Millis]] = field(default_factory=dict)
    """When wrong PINs were keyed, by room."""
    called: dict[str, Millis] = field(default_factory=dict)
    """By room: the beginning for which those invited were called."""


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """A room as call control knows it."""

    id: int
    number: str
    name: str
    pin_hash: str
    moderator_hash: str
    opens_at: Millis | None
    closes_at: Millis | None
    record: bool
    largest: int
    invitees: tuple[str, ...]
    created_by: str
    call_invited: bool = False
    called_for: Millis | None = None
    """The beginning for which those invited were called before the last start of call control."""

    @property
    def asks(self) -> bool:
        return bool(self.pin_hash or self.moderator_hash)

    def is_open(self, now: Millis) -> bool:
        early = self.opens_at is None or now >= self.opens_at - EARLY_MS
        return early and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True)
class Room:
    """As pages have it."""

    id: int
    number: str
    name: str
    starts: str
    """Local time `YYYY-MM-DDTHH:MM`, or empty."""
    ends: str
    invitees: str
    """One number a line."""
    record: bool
    largest: int
    has_pin: bool
    has_moderator_pin: bool
    created_by: str
    pin: str = ""
    moderator_pin: str = ""
    call_invited: bool = False


@dataclass(frozen=True)
class RoomDraft:
    number: str
    name: str
    pin: str
    moderator_pin: str
    starts: str
    ends: str
    invitees: str
    record: bool
    largest: int
    call_invited: bool = False

    SECRET: ClassVar[frozenset[str]] = frozenset({"pin", "moderator_pin"})
