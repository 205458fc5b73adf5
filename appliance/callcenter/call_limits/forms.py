"""Limits of outside calls as forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from appliance.callcenter import forms
from appliance.callcenter.call_limits.model import LimitDraft, Policy, Scope
from appliance.callcenter.forms import Field, Flag, FormError, Number, Problem, Text, phrase

CLASSES = (
    ("local", phrase("Local")),
    ("service", phrase("Service numbers")),
    ("mobile", phrase("Mobile")),
    ("long_distance", phrase("Long distance")),
    ("international", phrase("International")),
    ("premium", phrase("Premium rate")),
)
MOST = phrase("0 = no limit")


@dataclass(frozen=True, kw_only=True)
class Subject(Field):
    """A role, an extension or a trunk, as `scope:subject`."""

    kind: ClassVar[str] = "reference"

    def read(self, given: Sequence[str]) -> str:
        value = forms.single(given)
        scope, _, subject = value.partition(":")
        if scope not in set(Scope) or not subject or len(subject) > 64:
            raise Problem(phrase("Please choose one"))
        return value


FIELDS = (
    Subject(name="target", label=phrase("For whom"), help=phrase("A trunk has no classes and no night; caps only")),
    *(Flag(name=name, label=label, group=phrase("May call") if name == "local" else "") for name, label in CLASSES),
    Flag(name="night", label=phrase("Also at night")),
    Number(name="at_once", label=phrase("Outside calls at once"), high=1000, help=MOST, group=phrase("Caps")),
    Number(name="calls_per_hour", label=phrase("Calls per hour"), high=100_000, help=MOST),
    Number(name="calls_per_day", label=phrase("Calls per day"), high=1_000_000, help=MOST),
    Number(name="minutes_per_day", label=phrase("Minutes per day"), high=1_000_000, help=MOST),
)

_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
POLICY_FIELDS = (
    Text(
        name="area_code",
        label=phrase("Own area code"),
        required=False,
        longest=4,
        pattern="0[0-9]{2,3}",
        pattern_message=phrase("Such as 0755"),
        group=phrase("Classes of numbers"),
        help=phrase("Numbers with it count as local; without it, all with an area code are long distance"),
    ),
    Text(
        name="premium",
        label=phrase("Beginnings of premium-rate numbers"),
        required=False,
        longest=500,
        pattern=r"[0-9]+( [0-9]+)*",
        pattern_message=phrase("Digits, parted by blanks"),
        wide=True,
        help=phrase("Parted by blanks; foreign ones with 00"),
    ),
    Text(
        name="night_from",
        label=phrase("Night begins"),
        required=False,
        pattern=_TIME,
        pattern_message=phrase("Such as 22:00"),
        group=phrase("Night"),
        help=phrase("At night only those with “also at night” may call outside; emergency numbers always work"),
    ),
    Text(
        name="night_to",
        label=phrase("Night ends"),
        required=False,
        pattern=_TIME,
        pattern_message=phrase("Such as 22:00"),
        help=phrase("Leave both empty for no night rule"),
    ),
    Number(
        name="window_minutes",
        label=phrase("Within (minutes)"),
        low=1,
        high=120,
        group=phrase("Alarm against misuse"),
        help=phrase("Counted for each telephone by itself"),
    ),
    Number(name="window_calls", label=phrase("Outside calls made"), high=10_000, help=phrase("0 = no alarm")),
    Number(name="window_short", label=phrase("Very short ones"), high=10_000, help=phrase("0 = no alarm")),
    Number(name="short_seconds", label=phrase("Very short: under (seconds)"), low=1, high=60),
    Number(name="window_failed", label=phrase("Failed or refused ones"), high=10_000, help=phrase("0 = no alarm")),
    Flag(
        name="block",
        label=phrase("Stop the telephone's outside calls until a manager releases it"),
        wide=True,
    ),
)


def read(values: forms.Values) -> LimitDraft:
    """Raises FormError."""
    return forms.read(FIELDS, values, LimitDraft)


def read_policy(values: forms.Values) -> Policy:
    """Raises FormError."""
    wanted = forms.read(POLICY_FIELDS, values, Policy)
    if bool(wanted.night_from) != bool(wanted.night_to):
        raise FormError.of("night_to" if wanted.night_from else "night_from", phrase("Please fill this in"))
    return wanted
