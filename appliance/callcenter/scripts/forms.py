"""A phrase card as a form."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.callcenter import forms
from appliance.callcenter.calls.business import BUSINESS_TYPES
from appliance.callcenter.forms import Choice, Flag, Number, Problem, Reference, Text, phrase
from appliance.callcenter.scripts import rules
from appliance.callcenter.scripts.model import ScriptDraft
from appliance.callcenter.work_orders.forms import TYPE_WORDS


@dataclass(frozen=True, kw_only=True)
class Wording(Text):
    """Refuses variables that do not exist: nobody shall read braces to a patient."""

    def read(self, given: Sequence[str]) -> str:
        value = super().read(given)
        if wrong := rules.unknown(value):
            raise Problem(phrase("There is no {%(name)s}"), {"name": wrong[0][:20]})
        return value


FIELDS = (
    Text(name="title", label=phrase("Title")),
    Choice(
        name="business_type",
        label=phrase("Business type"),
        options=(("", phrase("Every")), *((code, TYPE_WORDS[code]) for code in BUSINESS_TYPES)),
    ),
    Reference(name="queue_id", label=phrase("Queue"), required=False, help=phrase("Empty = calls of every queue")),
    Number(
        name="position",
        label=phrase("Place in the list"),
        low=1,
        high=999,
        default=100,
        help=phrase("The smallest comes first"),
    ),
    Flag(name="active", label=phrase("Shown to agents")),
    Wording(
        name="text",
        label=phrase("What to say"),
        longest=4000,
        lines=8,
        wide=True,
        help=phrase("{patient} {agent} {number} {hospital} {queue} are filled in: patient, agent, agent number, …"),
    ),
)


def read(values: forms.Values) -> ScriptDraft:
    """Raises FormError."""
    return forms.read(FIELDS, values, ScriptDraft)
