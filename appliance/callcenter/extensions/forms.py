"""An extension as a form."""

from appliance.callcenter import forms
from appliance.callcenter.extensions.model import ExtensionDraft
from appliance.callcenter.forms import Flag, Text, phrase

FIELDS = (
    Text(
        name="number",
        label=phrase("Number"),
        longest=8,
        pattern="[1-9][0-9]*",
        pattern_message=phrase("Digits only, not beginning with 0"),
        help=phrase("Cannot be changed later"),
    ),
    Text(
        name="name",
        label=phrase("Extension name"),
        required=False,
        help=phrase("A place or a person, such as Nurse desk 3"),
    ),
    Flag(name="outside_calls", label=phrase("May call outside numbers")),
    Flag(
        name="emergency",
        label=phrase("Rings when call control is out of order"),
        wide=True,
        help=phrase("Choose a few phones that are always attended, so that no caller meets silence"),
    ),
)


def read(values: forms.Values) -> ExtensionDraft:
    """Raises FormError."""
    return forms.read(FIELDS, values, ExtensionDraft)
