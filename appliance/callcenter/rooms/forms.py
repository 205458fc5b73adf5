"""A conference room as a form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from appliance import text
from appliance.callcenter import forms
from appliance.callcenter.forms import Field, Flag, FormError, Number, Password, Problem, Text, phrase
from appliance.callcenter.rooms.model import RoomDraft

PIN = r"[0-9]{4,8}"
MOST_INVITEES = 50


@dataclass(frozen=True, kw_only=True)
class Moment(Field):
    """A day and a time, local, as browsers send them."""

    kind: ClassVar[str] = "datetime-local"
    required: bool = False

    def read(self, given: Sequence[str]) -> str:
        value = forms.single(given)
        if not value:
            return ""
        try:
            return datetime.fromisoformat(value).strftime("%Y-%m-%dT%H:%M")
        except ValueError:
            raise Problem(phrase("Please enter day and time")) from None


@dataclass(frozen=True, kw_only=True)
class Pin(Password):
    longest: int = 8
    required: bool = False

    def read(self, given: Sequence[str]) -> str:
        value = super().read(given).strip()
        if value and (len(value) < 4 or not (value.isascii() and value.isdigit())):
            raise Problem(phrase("4 to 8 digits"))
        return value


@dataclass(frozen=True, kw_only=True)
class Numbers(Text):
    """Telephone numbers, one a line."""

    def read(self, given: Sequence[str]) -> str:
        entered = super().read(given).replace(",", "\n").replace("，", "\n").replace("、", "\n").split("\n")
        numbers = [text.tidy_number(one) for one in entered if one.strip()]
        wrong = next((one for one in numbers if not text.is_dialable(one)), None)
        if wrong is not None:
            raise Problem(phrase("«%(number)s» is not a number"), {"number": wrong[:32]})
        if len(numbers) > MOST_INVITEES:
            raise Problem(phrase("At most %(limit)s lines"), {"limit": MOST_INVITEES})
        return "\n".join(dict.fromkeys(numbers))


FIELDS = (
    Text(
        name="number",
        label=phrase("Number"),
        longest=8,
        pattern="[1-9][0-9]*",
        pattern_message=phrase("Digits only, not beginning with 0"),
        help=phrase("An internal number; outside callers come through an outside number or a flow"),
    ),
    Text(name="name", label=phrase("Room name"), longest=40),
    Number(name="largest", label=phrase("Participants at most"), low=2, high=100, default=20),
    Pin(
        name="pin",
        label=phrase("PIN of participants"),
        group=phrase("PINs"),
        help=phrase("4 to 8 digits; never shown again. Empty = keep the present one, or none"),
    ),
    Pin(name="moderator_pin", label=phrase("PIN of the moderator"), help=phrase("Must differ from the other")),
    Moment(name="starts", label=phrase("From"), group=phrase("When"), help=phrase("Empty = always open")),
    Moment(name="ends", label=phrase("To"), help=phrase("Nobody is let in afterwards; who is inside may go on")),
    Numbers(
        name="invitees",
        label=phrase("Invited"),
        required=False,
        longest=2000,
        lines=4,
        help=phrase("One number a line; they can be called from the room's page"),
    ),
    Flag(name="record", label=phrase("Record from the beginning")),
    Flag(
        name="call_invited",
        label=phrase("Call the invited at the start"),
        help=phrase("Once, at the time set above; who answers joins with the key 1"),
    ),
)


def read(values: forms.Values) -> RoomDraft:
    """Raises FormError."""
    draft = forms.read(FIELDS, values, RoomDraft)
    if draft.pin and draft.pin == draft.moderator_pin:
        raise FormError.of("moderator_pin", phrase("Must differ from the other"))
    if draft.starts and draft.ends and draft.ends <= draft.starts:
        raise FormError.of("ends", phrase("The end must come after the beginning"))
    if draft.call_invited and not draft.starts:
        raise FormError.of("starts", phrase("Needed to call the invited at the start"))
    if draft.call_invited and not draft.invitees:
        raise FormError.of("invitees", phrase("Needed to call the invited at the start"))
    return draft
