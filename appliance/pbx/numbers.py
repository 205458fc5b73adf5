"""What a dialled number is, and whether it may go out. Pure rules; nothing reaches the PBX without them."""

import re
from dataclasses import dataclass
from enum import StrEnum

from appliance.errors import NumberNotAllowedError
from appliance.text import is_dialable, tidy_number


class NumberClass(StrEnum):
    INTERNAL = "internal"
    EMERGENCY = "emergency"
    LOCAL = "local"
    SERVICE = "service"
    MOBILE = "mobile"
    NATIONAL = "national"
    INTERNATIONAL = "international"


EMERGENCY = frozenset({"110", "119", "120", "122"})
"""Police, fire, ambulance, traffic accidents (People's Republic of China)."""

_CLASSES = (
    (re.compile(r"(00|\+(?!86))\d{4,20}"), NumberClass.INTERNATIONAL),
    (re.compile(r"(\+86|0)?1[3-9]\d{9}"), NumberClass.MOBILE),
    (re.compile(r"(\+86|0)[1-9]\d{8,11}"), NumberClass.NATIONAL),
    (re.compile(r"(400|800)\d{7}"), NumberClass.NATIONAL),
    (re.compile(r"(1\d{2,4}|9\d{4,7})"), NumberClass.SERVICE),
    (re.compile(r"[2-8]\d{6,7}"), NumberClass.LOCAL),
)

DOMESTIC = frozenset(
    {NumberClass.EMERGENCY, NumberClass.LOCAL, NumberClass.SERVICE, NumberClass.MOBILE, NumberClass.NATIONAL}
)


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """`internal_digits`: length of extension and queue numbers; `outside_prefix`: dialled before outside numbers."""

    internal_digits: int = 4
    outside_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A number that may be dialled, and its class."""

    number: str
    kind: NumberClass


def classify(number: str, plan: NumberingPlan) -> Dialled:
    """Say what `number` (as typed) is.

    Raises NumberNotAllowedError for anything that is not 1 to 32 of 0-9 * # + or fits no class.
    """
    tidy = tidy_number(number)
    if not is_dialable(tidy):
        raise NumberNotAllowedError
    if tidy in EMERGENCY:
        return Dialled(tidy, NumberClass.EMERGENCY)
    if len(tidy) == plan.internal_digits and tidy.isdigit():
        return Dialled(tidy, NumberClass.INTERNAL)
    if plan.outside_prefix and tidy.startswith(plan.outside_prefix):
        tidy = tidy.removeprefix(plan.outside_prefix)
    for pattern, kind in _CLASSES:
        if pattern.fullmatch(tidy):
            return Dialled(tidy, NumberClass.EMERGENCY if tidy in EMERGENCY else kind)
    raise NumberNotAllowedError


def for_trunk(number: str, strip: int, prefix: str) -> str:
    """Rewrite an outside number the way a trunk wants it: drop +86, `strip` leading digits, put `prefix` before."""
    plain = number.removeprefix("+86") if number.startswith("+86") else number.replace("+", "00", 1)
    return prefix + plain[strip:]
