"""Keys and webhooks as forms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from appliance.callcenter import forms
from appliance.callcenter.forms import Day, Flag, Number, Problem, Text, phrase
from appliance.callcenter.integrations import rules
from appliance.callcenter.integrations.model import EVENT_TYPES, ApiKeyDraft, WebhookDraft, words


@dataclass(frozen=True, kw_only=True)
class Words(Text):
    """Several things, separated by blanks, commas or lines."""

    longest: int = 2000
    lines: int = 2
    required: bool = False
    good: Callable[[str], bool] = bool
    problem: str = phrase("This has the wrong form: %(word)s")

    def read(self, given: Sequence[str]) -> Any:
        found = words(super().read(given))
        for word in found:
            if not self.good(word):
                raise Problem(self.problem, {"word": word[:40]})
        return found

    def show(self, value: Any) -> str:
        return " ".join(value or ())


def _is_number(word: str) -> bool:
    return word.isascii() and word.isalnum() and len(word) <= 16


def _is_event(word: str) -> bool:
    return word in EVENT_TYPES or (word.endswith(".") and any(known.startswith(word) for known in EVENT_TYPES))


AGENTS = Words(
    name="agents",
    label=phrase("Only these agents"),
    good=_is_number,
    help=phrase("Agent numbers; empty = all agents"),
)
QUEUES = Words(
    name="queues",
    label=phrase("Only these queues"),
    good=_is_number,
    help=phrase("Queue numbers; empty = all queues"),
)
KEY_FIELDS = (
    Text(name="name", label=phrase("Key name"), help=phrase("Which system uses it, such as HIS outpatient")),
    Flag(name="may_read", label=phrase("See agents, queues and calls"), group=phrase("What it may do")),
    Flag(name="may_agent", label=phrase("Act for agents: sign in, ready, busy, hold, transfer")),
    Flag(name="may_dial", label=phrase("Dial for agents")),
    Flag(name="may_events", label=phrase("Receive events")),
    Flag(name="may_patients", label=phrase("See names of patients")),
    Words(
        name="sources",
        label=phrase("Comes from"),
        group=phrase("From where, for whom"),
        good=rules.is_range,
        problem=phrase("No address or range such as 10.1.0.0/16: %(word)s"),
        help=phrase("Addresses or ranges such as 10.1.0.0/16; empty = from anywhere"),
    ),
    Words(
        name="origins",
        label=phrase("Web pages that may use it"),
        good=rules.is_origin,
        problem=phrase("No origin such as https://his.example.org: %(word)s"),
        help=phrase("Origins such as https://his.example.org; empty = no web page, only programs"),
    ),
    AGENTS,
    QUEUES,
    Number(
        name="per_second",
        label=phrase("Requests a second"),
        low=1,
        high=200,
        default=20,
        group=phrase("Caps"),
        help=phrase("More are refused with 429; calls are never affected"),
    ),
    Number(
        name="lease_seconds",
        label=phrase("Lease of signed-in agents (seconds)"),
        low=30,
        high=3600,
        default=120,
        help=phrase("An agent whose program is silent for so long becomes busy, later signed out"),
    ),
    Day(name="expires_on", label=phrase("Good until"), required=False, help=phrase("Empty = without end")),
)


@dataclass(frozen=True, kw_only=True)
class Target(Text):
    """Where a webhook sends to."""

    longest: int = 500

    def read(self, given: Sequence[str]) -> str:
        value = super().read(given)
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
            raise Problem(phrase("Please enter an address such as https://his.example.org/calls"))
        if rules.parse_address(parts.hostname) is not None and not rules.may_be_target(parts.hostname, public=True):
            raise Problem(phrase("Nothing may be sent to this address"))
        return value


WEBHOOK_FIELDS = (
    Text(name="name", label=phrase("Webhook name")),
    Target(
        name="url",
        label=phrase("Sends to"),
        wide=True,
        help=phrase("Events are sent there by POST, one at a time, signed"),
    ),
    Words(
        name="types",
        label=phrase("Only these events"),
        good=_is_event,
        problem=phrase("No such event: %(word)s"),
        help=phrase("Such as call.ringing, or call. for all that begin with it; empty = all events"),
    ),
    AGENTS,
    QUEUES,
    Flag(
        name="patients",
        label=phrase("With names of patients"),
        help=phrase("Without it, events carry numbers and ids only"),
    ),
    Flag(
        name="verify_tls",
        label=phrase("Check the other side's certificate"),
        help=phrase("Off only for a system inside the hospital whose certificate nobody has signed"),
    ),
    Flag(name="active", label=phrase("In use"), help=phrase("Off: nothing is sent, and events of that time are lost")),
)


def read_key(values: forms.Values) -> ApiKeyDraft:
    """Raises FormError."""
    return forms.read(KEY_FIELDS, values, ApiKeyDraft)


def read_webhook(values: forms.Values) -> WebhookDraft:
    """Raises FormError."""
    return forms.read(WEBHOOK_FIELDS, values, WebhookDraft)
