"""Who may enter a room, who hears whom, what keys mean. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.callcenter.rooms.model import LiveRoom, RoomEntry, RoomPart
from appliance.clock import Millis

TRIES = 3
"""Wrong PINs in one call."""
FAILURES = 12
"""Wrong PINs at one room within the window; then nobody gets in by PIN for as long."""
FAILURE_WINDOW_MS = 10 * 60_000
LONGEST_PIN = 8
CALL_LATE_MS = 10 * 60_000
"""So late after the beginning those invited are called at most, when call control was away before."""


class Key(StrEnum):
    """What a participant can do on the telephone, with * before the digit."""

    MUTE_SELF = "6"
    LOCK = "1"
    MUTE_ALL = "2"
    RECORD = "3"
    END = "8"


MODERATORS_KEYS = frozenset({Key.LOCK, Key.MUTE_ALL, Key.RECORD, Key.END})


def refusal(
    entry: RoomEntry, live: LiveRoom | None, inside: int, now: Millis, *, moderator: bool, invited: bool
) -> str:
    """Why somebody may not come in: the prompt that says so, or empty. Moderators pass the lock and the limit."""
    if not entry.is_open(now) and not invited:
        return "room-closed"
    if moderator or invited:
        return ""
    if live is not None and live.locked:
        return "room-locked"
    return "room-full" if inside >= entry.largest else ""


def call_now(entry: RoomEntry, called_for: Millis | None, now: Millis) -> bool:
    """Whether those invited are to be called; `called_for` is the beginning for which they were."""
    begins = entry.opens_at
    if not entry.call_invited or begins is None or called_for == begins:
        return False
    return begins <= now < begins + CALL_LATE_MS and entry.is_open(now)


def locked_out(failures: Sequence[Millis], now: Millis) -> bool:
    """Whether so many wrong PINs were keyed that somebody is guessing."""
    return sum(at > now - FAILURE_WINDOW_MS for at in failures) >= FAILURES


@dataclass(frozen=True, slots=True)
class Placing:
    """Which calls have to be put into the bridge, and which to be taken out."""

    into: tuple[str, ...]
    out: tuple[str, ...]


def place(parts: Mapping[str, RoomPart]) -> Placing:
    """Two or more who are ready talk with each other; one alone hears music outside the bridge."""
    ready = [call for call, part in parts.items() if part.joined and part.ready]
    together = len(ready) > 1
    into = tuple(call for call in ready if together and not parts[call].in_bridge)
    out = tuple(call for call in ready if not together and parts[call].in_bridge)
    return Placing(into, out)


def recorded_next(calls: Iterable[tuple[str, Millis, bool]]) -> str:
    """In whose recording the conference is kept: of (call, since, bridged) who is bridged and came first."""
    bridged = sorted((since, call) for call, since, is_bridged in calls if is_bridged)
    return bridged[0][1] if bridged else ""


def key_meaning(before: str, digit: str, *, moderator: bool) -> tuple[str, Key | None]:
    """What is remembered of the keys, and the wish they make: `*` and then a digit."""
    if digit == "*":
        return "*", None
    if before != "*" or digit not in set(Key):
        return "", None
    key = Key(digit)
    return "", key if moderator or key not in MODERATORS_KEYS else None
