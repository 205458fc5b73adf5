"""Trunks and outside numbers as forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from appliance.callcenter import forms
from appliance.callcenter.calls.contacts import ByNumber
from appliance.callcenter.forms import (
    Choice,
    Field,
    Flag,
    FormError,
    Number,
    Password,
    Problem,
    Reference,
    Telephone,
    Text,
    phrase,
)
from appliance.callcenter.trunks.model import DidDraft, TrunkDraft

HOST = r"[A-Za-z0-9]([A-Za-z0-9.\-]{0,253}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}"
TRUNK_FIELDS = (
    Text(
        name="name",
        label=phrase("Trunk name"),
        longest=32,
        pattern=r"[A-Za-z0-9_\-]+",
        pattern_message=phrase("Letters a to z, digits, _ and - only"),
    ),
    Choice(
        name="kind",
        label=phrase("The other side"),
        options=(("address", phrase("is known by its address")), ("register", phrase("wants us to log in"))),
    ),
    Text(
        name="host",
        label=phrase("Host name or address"),
        longest=255,
        pattern=HOST,
        pattern_message=phrase("This is not a host name or address"),
    ),
    Number(name="port", label=phrase("Port"), low=1, high=65535, default=5060),
    Choice(name="transport", label=phrase("Transport"), options=(("udp", "UDP"), ("tcp", "TCP"))),
    Text(
        name="username",
        label=phrase("User name"),
        required=False,
        pattern=r"[A-Za-z0-9_.+@\-]*",
        pattern_message=phrase("Letters, digits and . _ + @ - only"),
        group=phrase("Log-in at the carrier"),
    ),
    Password(
        name="password",
        label=phrase("Password"),
        required=False,
        help=phrase("Never shown again; leave empty to keep the present one"),
    ),
    Telephone(
        name="caller_number",
        label=phrase("Number shown to people we call"),
        required=False,
        group=phrase("Outgoing calls"),
    ),
    Number(name="outbound_strip", label=phrase("Leading digits to take off"), low=0, high=8),
    Telephone(name="outbound_prefix", label=phrase("Digits to put in front"), required=False, longest=16),
    Number(
        name="order",
        label=phrase("Order"),
        low=1,
        high=999,
        default=100,
        help=phrase("Trunks with small numbers are tried first"),
    ),
    Number(name="max_calls", label=phrase("Calls at once"), low=1, high=1000, default=30),
    Flag(name="active", label=phrase("In use")),
)


@dataclass(frozen=True, kw_only=True)
class Target(Field):
    """A flow, a queue, a room or an extension, as `kind:id`."""

    kind: ClassVar[str] = "reference"

    def read(self, given: Sequence[str]) -> str:
        value = forms.single(given)
        kind, _, number = value.partition(":")
        if kind not in {"flow", "queue", "room", "extension"} or not number.isascii() or not number.isdigit():
            raise Problem(phrase("Please choose one"))
        return value


DID_FIELDS = (
    Telephone(name="number", label=phrase("Outside number")),
    Text(name="name", label=phrase("Line name"), required=False, help=phrase("Shown to agents when it is called")),
    Reference(
        name="trunk_id",
        label=phrase("Comes in on"),
        required=False,
        help=phrase("Empty = on any trunk"),
    ),
    Target(name="target", label=phrase("Answered by")),
    Choice(
        name="sticky",
        label=phrase("Callers who call back"),
        options=(
            (ByNumber.QUEUE.value, phrase("As the queue says")),
            (ByNumber.ON.value, phrase("To the agent who knows them")),
            (ByNumber.OFF.value, phrase("To whoever is free")),
        ),
        required=False,
        help=phrase(
            "To the agent who tried to reach them, or talked with them last. Where the queue names no days: 3 and 7"
        ),
    ),
    Flag(name="active", label=phrase("In use")),
)


def read_trunk(values: forms.Values) -> TrunkDraft:
    """Raises FormError."""
    draft = forms.read(TRUNK_FIELDS, values, TrunkDraft)
    if any(not "!" <= sign <= "~" or sign in ";[]" for sign in draft.password):
        raise FormError.of("password", phrase("This contains characters that are not allowed"))
    if draft.kind == "register" and not draft.username:
        raise FormError.of("username", phrase("Please fill this in"))
    return draft


def read_did(values: forms.Values) -> DidDraft:
    """Raises FormError."""
    return forms.read(DID_FIELDS, values, DidDraft)
