"""Whether a caller is on the blacklist. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.callcenter.blacklist.model import Blocked, Kind
from appliance.clock import Millis

SHORTEST_PREFIX = 2
_NOT_DIGITS = re.compile(r"[^0-9+]")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋", "0123456789+")
_CHINA = re.compile(r"(?:\+86|0086)")
_UNMARKED_CHINA = re.compile(r"86(?=1[3-9]\d{9}$|[2-9]\d{8,10}$|10\d{8}$)")
_MOBILE_WITH_ZERO = re.compile(r"0(?=1[3-9])")


def caller_key(number: str) -> str:
    """One form for every way to write a number, or the beginning of one.

    `+86 755…`, `0086755…` and `0755…` are the same, so are `+86138…`, `0138…` and `138…`; foreign ones begin with 00.
    Empty when there is no digit.
    """
    plain = _NOT_DIGITS.sub("", number.translate(_FULL_WIDTH))
    plain = plain[:1] + plain[1:].replace("+", "")
    home = _CHINA.match(plain) or _UNMARKED_CHINA.match(plain)
    if home is not None:
        return _of_china(plain[home.end() :])
    if plain.startswith("+"):
        return "00" + plain[1:]
    return _MOBILE_WITH_ZERO.sub("", plain, count=1) if _MOBILE_WITH_ZERO.match(plain) else plain


def _of_china(national: str) -> str:
    """Behind the country code: mobile numbers stand alone, others get the zero before their area code."""
    national = national.lstrip("0")
    return national if not national or re.match(r"1[3-9]|[48]00", national) else f"0{national}"


@dataclass(frozen=True, slots=True)
class Blacklist:
    """All rules in force, by what a call has in hand."""

    numbers: dict[str, Blocked] = field(default_factory=dict)
    prefixes: dict[str, Blocked] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    """Lengths of prefixes, longest first."""
    hidden: Blocked | None = None


def blacklist(entries: Iterable[Blocked]) -> Blacklist:
    known = list(entries)
    prefixes = {one.key: one for one in known if one.kind is Kind.PREFIX}
    return Blacklist(
        numbers={one.key: one for one in known if one.kind is Kind.NUMBER},
        prefixes=prefixes,
        lengths=tuple(sorted({len(key) for key in prefixes}, reverse=True)),
        hidden=next((one for one in known if one.kind is Kind.HIDDEN), None),
    )


def find(known: Blacklist, caller: str, now: Millis) -> Blocked | None:
    """The rule that stops `caller` ("" for one who hides the number): the number itself, else its longest prefix."""
    if not caller:
        return _in_force(known.hidden, now)
    key = caller_key(caller)
    exact = _in_force(known.numbers.get(key), now)
    if exact is not None:
        return exact
    beginnings = (known.prefixes.get(key[:length]) for length in known.lengths if length <= len(key))
    return next((one for one in beginnings if _in_force(one, now) is not None), None)


def _in_force(entry: Blocked | None, now: Millis) -> Blocked | None:
    if entry is None or (entry.expires_at is not None and entry.expires_at <= now):
        return None
    return entry


def would_stop(kind: Kind, key: str, numbers: Iterable[str]) -> list[str]:
    """Those of `numbers` that a new rule would stop."""
    if kind is Kind.HIDDEN:
        return []
    keyed = ((number, caller_key(number)) for number in numbers)
    return [number for number, other in keyed if other == key or (kind is Kind.PREFIX and other.startswith(key))]
