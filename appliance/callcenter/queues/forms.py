"""A queue as a form."""

from appliance.callcenter import forms
from appliance.callcenter.forms import Choice, Number, Reference, References, Text, phrase
from appliance.callcenter.queues.model import QueueDraft

FIELDS = (
    Text(name="name", label=phrase("Queue name")),
    Text(
        name="number",
        label=phrase("Internal number"),
        longest=8,
        pattern="[1-9][0-9]*",
        pattern_message=phrase("Digits only, not beginning with 0"),
        help=phrase("Extensions dial it; calls are transferred to it"),
    ),
    Number(
        name="ring_seconds",
        label=phrase("Ring an agent for (seconds)"),
        low=5,
        high=120,
        default=15,
        group=phrase("Times"),
    ),
    Number(name="wrap_up_seconds", label=phrase("Wrap-up after a call (seconds)"), low=0, high=600, default=30),
    Number(
        name="service_level_seconds",
        label=phrase("Service level: answered within (seconds)"),
        low=5,
        high=600,
        default=20,
    ),
    Number(
        name="announce_seconds",
        label=phrase("Announce the position every (seconds)"),
        low=0,
        high=600,
        default=60,
        help=phrase("0 = never"),
    ),
    Number(name="max_wait_seconds", label=phrase("Longest wait (seconds)"), low=30, high=7200, default=600),
    Reference(
        name="overflow_prompt_id",
        label=phrase("Said when nobody can take the call"),
        required=False,
        help=phrase("When the longest wait is over or nobody is signed in; then the call ends"),
    ),
    Choice(
        name="callback_mode",
        label=phrase("Callback"),
        options=(
            ("off", phrase("Not offered")),
            ("agent", phrase("Agent first, then the patient is dialled")),
            ("patient", phrase("Patient first, then the agent's phone rings")),
        ),
        group=phrase("Callback instead of waiting"),
        help=phrase("The caller hangs up and keeps the place in the queue"),
    ),
    Choice(
        name="callback_key",
        label=phrase("Key that asks for it"),
        options=tuple((key, key) for key in "123456789"),
    ),
    Number(name="callback_attempts", label=phrase("Attempts to reach the patient"), low=1, high=10, default=3),
    Number(name="callback_gap_minutes", label=phrase("Minutes between two attempts"), low=1, high=240, default=5),
    Number(
        name="callback_expiry_hours",
        label=phrase("Given up after (hours)"),
        low=1,
        high=96,
        default=24,
    ),
    References(name="agent_ids", label=phrase("Agents"), group=phrase("Members")),
)


def read(values: forms.Values) -> QueueDraft:
    """Raises FormError."""
    return forms.read(FIELDS, values, QueueDraft)
