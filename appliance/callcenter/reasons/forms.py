"""A pause reason as a form."""

from appliance.callcenter import forms
from appliance.callcenter.forms import Choice, Flag, Number, Text, phrase
from appliance.callcenter.reasons.model import PauseReasonDraft

TONE_WORDS = (
    ("red", phrase("Red")),
    ("orange", phrase("Orange")),
    ("yellow", phrase("Yellow")),
    ("green", phrase("Green")),
    ("azure", phrase("Light blue")),
    ("blue", phrase("Blue")),
    ("purple", phrase("Purple")),
    ("grey", phrase("Grey")),
)
KIND_WORDS = (("break", phrase("Break")), ("work", phrase("Working time")))

FIELDS = (
    Text(name="name_zh", label=phrase("Name in Chinese"), longest=16),
    Text(
        name="name_en",
        label=phrase("Name in English"),
        longest=32,
        required=False,
        help=phrase("Empty: the Chinese name is shown"),
    ),
    Choice(name="kind", label=phrase("Counts as"), options=KIND_WORDS),
    Choice(name="tone", label=phrase("Colour"), options=TONE_WORDS),
    Number(
        name="limit_minutes",
        label=phrase("Longest at a stretch (minutes)"),
        low=0,
        high=720,
        group=phrase("Limits"),
        help=phrase("0 = no limit. Agents are told, nobody is forced"),
    ),
    Number(
        name="day_limit_minutes",
        label=phrase("Longest in a day (minutes)"),
        low=0,
        high=1440,
        help=phrase("0 = no limit"),
    ),
    Number(
        name="position",
        label=phrase("Place in the menu"),
        low=1,
        high=999,
        default=100,
        help=phrase("The smallest comes first"),
    ),
    Flag(name="active", label=phrase("Can be chosen")),
)


def read(values: forms.Values) -> PauseReasonDraft:
    """Raises FormError."""
    return forms.read(FIELDS, values, PauseReasonDraft)
