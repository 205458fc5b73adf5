"""What is dialled on a desk phone to work without a page: which code, and what follows it. Pure rules."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.callcenter.calls.business import UNASKED
from appliance.callcenter.settings.model import Settings


class Code(StrEnum):
    STATE = "state"
    """Say the present state."""
    SIGN_IN = "sign_in"
    """Alone: the agent whose phone it is. Followed by an agent number: that agent, who then keys her PIN."""
    SIGN_OUT = "sign_out"
    READY = "ready"
    BUSY = "busy"
    """Followed by the digit of the reason."""
    WRAP_UP = "wrap_up"
    """Followed by the digit of the outcome."""


OUTCOMES = ("resolved", "forwarded", "follow_up", "no_answer", "wrong_number", "other")
"""Outcomes of a wrap-up by their digits, from 1 on."""

BUSINESS_TYPE = UNASKED
"""Of a call written up at the telephone; the page can say more later."""

NEEDS_DIGIT = frozenset({Code.BUSY, Code.WRAP_UP})


@dataclass(frozen=True, slots=True)
class Keyed:
    """`rest` are the digits behind the code."""

    code: Code
    rest: str = ""


def codes_of(settings: Settings) -> dict[str, Code]:
    """What is dialled → what it is for; a code left empty is not in use."""
    return {dialled: code for code in Code if (dialled := getattr(settings, f"code_{code.value}"))}


def read(dialled: str, settings: Settings) -> Keyed | None:
    """The code that `dialled` begins with, if what follows can follow it."""
    for start, code in codes_of(settings).items():
        rest = dialled.removeprefix(start)
        if dialled.startswith(start) and _may_follow(code, rest):
            return Keyed(code, rest)
    return None


def _may_follow(code: Code, rest: str) -> bool:
    if code in NEEDS_DIGIT:
        return len(rest) == 1 and rest in "123456789"
    return not rest or (code is Code.SIGN_IN and rest.isdigit())


def looks_like_code(dialled: str) -> bool:
    return dialled.startswith(("*", "#"))


def collisions(settings: Settings) -> list[str]:
    """Names of settings whose code begins another one, or is the same."""
    known = [(f"code_{code.value}", getattr(settings, f"code_{code.value}")) for code in Code]
    return [
        name
        for name, value in known
        if value and any(value.startswith(other) for another, other in known if another != name and other)
    ]


def nth(choices: tuple[str, ...], digit: str) -> str | None:
    """The choice behind a digit, from 1 on."""
    place = int(digit) - 1
    return choices[place] if place < len(choices) else None
