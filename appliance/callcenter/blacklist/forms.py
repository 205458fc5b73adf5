"""An entry of the blacklist as a form."""

from appliance.callcenter import forms
from appliance.callcenter.blacklist.model import EntryDraft, Kind
from appliance.callcenter.blacklist.rules import SHORTEST_PREFIX, caller_key
from appliance.callcenter.forms import Choice, Day, Flag, FormError, Telephone, Text, phrase

KINDS = (
    ("number", phrase("One number")),
    ("prefix", phrase("All numbers that begin with")),
    ("hidden", phrase("Callers who hide their number")),
)
ACTIONS = (
    ("busy", phrase("Busy tone")),
    ("decline", phrase("Refuse the call")),
    ("message", phrase("Say that the number is not served")),
    ("silent", phrase("Answer silently and record")),
)
FIELDS = (
    Choice(name="kind", label=phrase("Who is stopped"), options=KINDS),
    Telephone(
        name="number",
        label=phrase("Number or beginning"),
        required=False,
        help=phrase("However it is written: +86, 0 and blanks make no difference"),
    ),
    Choice(
        name="action",
        label=phrase("What happens"),
        options=ACTIONS,
        help=phrase("Silent: the caller speaks into silence for up to a minute; no telephone rings"),
    ),
    Day(
        name="expires_on",
        label=phrase("Until and including"),
        required=False,
        help=phrase("Empty = until it is deleted"),
    ),
    Text(name="reason", label=phrase("Reason"), longest=200, wide=True),
    Flag(
        name="sure",
        label=phrase("Also if it stops emergency numbers, VIP patients or very many callers"),
        wide=True,
    ),
)


def read(values: forms.Values) -> EntryDraft:
    """Raises FormError."""
    draft = forms.read(FIELDS, values, EntryDraft)
    key = caller_key(draft.number)
    if draft.kind == Kind.HIDDEN:
        return EntryDraft(draft.kind, "", draft.action, draft.reason, draft.expires_on, draft.sure)
    if not key:
        raise FormError.of("number", phrase("Please fill this in"))
    if draft.kind == Kind.PREFIX and len(key) < SHORTEST_PREFIX:
        raise FormError.of("number", phrase("At least %(least)s digits"), least=SHORTEST_PREFIX)
    return draft
