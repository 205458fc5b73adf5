"""A patient as a form."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest

import msgspec

from appliance.callcenter import forms
from appliance.callcenter.forms import Choice, Day, Flag, FormError, Problem, Telephone, Text, phrase
from appliance.callcenter.patients.model import PatientDraft, PatientPhone

SEXES = (("", "—"), ("male", phrase("Male")), ("female", phrase("Female")))
RELATIONS = (
    ("self", phrase("Own")),
    ("spouse", phrase("Spouse")),
    ("child", phrase("Child")),
    ("parent", phrase("Parent")),
    ("other", phrase("Other person")),
)
MOST_PHONES = 10

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_SIGNS = "10X98765432"


def identity_is_plausible(number: str) -> bool:
    """Whether 18 signs are a resident identity number: a date inside, and the check sign of GB 11643-1999."""
    if re.fullmatch(r"[0-9]{17}[0-9X]", number) is None or birth_date_of(number) is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECK_SIGNS[total % 11] == number[17]


def birth_date_of(identity_number: str) -> str | None:
    """Signs 7 to 14 of a resident identity number, as an ISO date."""
    try:
        return date.fromisoformat(identity_number[6:14]).isoformat()
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class IdentityNumber(Text):
    """A resident identity number, checked, or the number of another document."""

    def tidy(self, value: str) -> str:
        return re.sub(r"\s", "", value).upper()

    def read(self, given: Sequence[str]) -> str:
        value = super().read(given)
        if value and re.fullmatch(r"[0-9A-Z]{5,32}", value) is None:
            raise Problem(phrase("Letters and digits only"))
        if re.fullmatch(r"[0-9]{17}.", value) and not identity_is_plausible(value):
            raise Problem(phrase("This is not a valid identity number, please check it"))
        return value


@dataclass(frozen=True, kw_only=True)
class BirthDate(Day):
    def read(self, given: Sequence[str]) -> str:
        value = super().read(given)
        if value and not date(1880, 1, 1) <= date.fromisoformat(value) <= date.today():  # noqa: DTZ011
            raise Problem(phrase("Please enter a date such as 1980-01-31"))
        return value


FIELDS: tuple[forms.Field, ...] = (
    Text(name="name", label=phrase("Name")),
    Choice(name="sex", label=phrase("Sex"), options=SEXES),
    IdentityNumber(
        name="identity_number",
        label=phrase("Identity number"),
        required=False,
        longest=32,
        help=phrase("Sex and birth date are taken from it when left empty"),
    ),
    BirthDate(name="birth_date", label=phrase("Birth date"), required=False),
    Text(
        name="card_number",
        label=phrase("Card number"),
        required=False,
        longest=32,
        pattern=r"[0-9A-Za-z\-]*",
        pattern_message=phrase("Letters and digits only"),
    ),
    Text(name="department", label=phrase("Department"), required=False),
    Text(name="address", label=phrase("Address"), required=False, longest=255, wide=True),
    Text(name="notes", label=phrase("Notes"), required=False, longest=2000, lines=3, wide=True),
    Flag(name="vip", label=phrase("VIP: answered first"), wide=True),
)

_PHONE = Telephone(name="phone_number", label=phrase("Telephone"), required=False)


def read_phones(values: forms.Values) -> tuple[PatientPhone, ...]:
    """Numbers and whose they are, from repeated inputs; empty lines are left out. Raises Problem."""
    phones: dict[str, PatientPhone] = {}
    relations = {key for key, _ in RELATIONS}
    pairs = zip_longest(values.get("phone_number", ()), values.get("phone_relation", ()), fillvalue="")
    for number, relation in list(pairs)[:MOST_PHONES]:
        tidy = _PHONE.read([number])
        if tidy:
            phones[tidy] = PatientPhone(tidy, relation if relation in relations else "other")
    return tuple(phones.values())


def read(values: forms.Values) -> PatientDraft:
    """Raises FormError."""
    known, problems = forms.collect(FIELDS, values)
    try:
        known["phones"] = read_phones(values)
    except Problem as problem:
        problems["phones"] = problem
    if problems:
        raise FormError(problems)
    return completed(msgspec.convert(known, PatientDraft))


def completed(draft: PatientDraft) -> PatientDraft:
    """Sex and birth date filled in from a resident identity number, where they are missing."""
    number = draft.identity_number
    if not identity_is_plausible(number):
        return draft
    return replace(
        draft,
        birth_date=draft.birth_date or birth_date_of(number) or "",
        sex=draft.sex or ("male" if int(number[16]) % 2 else "female"),
    )


def read_quick(values: forms.Values) -> PatientDraft:
    """What an agent enters about an unknown caller: a name, the calling number, little else. Raises FormError."""
    given = {name: values.get(name, ()) for name in ("name", "sex", "birth_date", "identity_number", "notes")}
    phone = {"phone_number": values.get("phone", ()), "phone_relation": values.get("relation", ("self",))}
    draft = read(given | phone)
    if not draft.phones:
        raise FormError.of("phone", phrase("Please fill this in"))
    return draft
