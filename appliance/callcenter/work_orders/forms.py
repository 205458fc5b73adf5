"""A work order as a form: on its page, and from the desktop as JSON."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.callcenter import forms
from appliance.callcenter.calls.business import BUSINESS_TYPES
from appliance.callcenter.forms import Choice, Field, Problem, Reference, Telephone, Text, phrase
from appliance.callcenter.work_orders.model import OrderDraft
from appliance.callcenter.work_orders.rules import LONGEST_TEXT

TYPE_WORDS = {
    "enquiry": phrase("Enquiry"),
    "consultation": phrase("Consultation"),
    "registration": phrase("Registration"),
    "complaint": phrase("Complaint or suggestion"),
    "return_visit": phrase("Follow-up call"),
    "promotion": phrase("Health promotion"),
    "other": phrase("Other"),
}
URGENCIES = (("normal", phrase("Normal")), ("urgent", phrase("Urgent")), ("critical", phrase("Critical")))


@dataclass(frozen=True, kw_only=True)
class Moment(Field):
    """Day and time of the hospital's clock."""

    kind = "datetime-local"
    required: bool = False

    def read(self, given: Sequence[str]) -> str:
        value = forms.single(given)
        if not value:
            return ""
        try:
            return datetime.fromisoformat(value).replace(second=0, microsecond=0, tzinfo=None).isoformat()[:16]
        except ValueError:
            raise Problem(phrase("Please enter a day and a time")) from None


@dataclass(frozen=True, kw_only=True)
class CallId(Field):
    """Which call it came from; put in by the desktop."""

    required: bool = False

    def read(self, given: Sequence[str]) -> str:
        value = forms.single(given)
        if re.fullmatch(r"[0-9a-z]{0,32}", value) is None:
            raise Problem(phrase("This has the wrong form"))
        return value


FIELDS: tuple[Field, ...] = (
    Choice(
        name="business_type",
        label=phrase("Business type"),
        options=tuple((code, TYPE_WORDS[code]) for code in BUSINESS_TYPES),
    ),
    Choice(name="urgency", label=phrase("Urgency"), options=URGENCIES),
    Reference(name="department_id", label=phrase("Department")),
    Moment(name="due", label=phrase("Due"), help=phrase("Empty: as the department usually has")),
    Telephone(name="telephone", label=phrase("Telephone for questions"), required=False),
    Text(name="text", label=phrase("What is to be done"), longest=LONGEST_TEXT, lines=6, wide=True),
)
HIDDEN: tuple[Field, ...] = (
    Reference(name="patient_id", label=phrase("Patient"), required=False),
    CallId(name="interaction_id", label=phrase("Call")),
)


def read(values: forms.Values) -> OrderDraft:
    """Raises FormError."""
    return forms.read((*FIELDS, *HIDDEN), values, OrderDraft)


def read_text(values: forms.Values) -> str:
    """What somebody wrote with a step; empty where nothing is needed. Raises FormError."""
    known, problems = forms.collect(
        (Text(name="text", label="", longest=LONGEST_TEXT, lines=4, required=False),), values
    )
    if problems:
        raise forms.FormError(problems)
    return str(known["text"])
