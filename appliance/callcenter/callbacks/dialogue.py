"""Talking with a caller who may be called back, as a pure function `step(dialogue, event, check) → (…)`.

She pressed the queue's key, or is offered a callback by one of its steps and presses it then. She confirms
the number she calls from, or types another one; whoever presses nothing goes on waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from appliance.clock import Millis

ANSWER_MS = 10_000
"""How long a key is waited for after the question; the field's usual time."""

TRIES = 3
LONGEST = 20
YES, NO, BACK, END = "1", "2", "*", "#"


class Stage(StrEnum):
    OFFER = "offer"
    """She has been told of callbacks, and may press the queue's key."""
    CONFIRM = "confirm"
    TYPE = "type"
    STORE = "store"
    """The number is being stored; keys mean nothing any more."""
    GREET = "greet"
    """The patient was called back and is asked whether she wants the talk."""


class Dialogue(msgspec.Struct, frozen=True):
    """Where the conversation stands; `deadline` runs only when nothing is being said."""

    stage: Stage
    number: str = ""
    digits: str = ""
    tries: int = 0
    deadline: Millis | None = None
    key: str = ""
    """What accepts an offer."""


@dataclass(frozen=True, slots=True)
class Key:
    at: Millis
    key: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was said is over."""

    at: Millis


@dataclass(frozen=True, slots=True)
class Late:
    """The deadline has passed."""

    at: Millis


type Event = Key | Said | Late


@dataclass(frozen=True, slots=True)
class Say:
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """The caller wants to be called at `number`."""

    number: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on waiting as before."""


@dataclass(frozen=True, slots=True)
class Accept:
    """The patient who was called back wants the talk."""


@dataclass(frozen=True, slots=True)
class Decline:
    """The patient who was called back does not want the talk; not `reached`: nobody pressed a key."""

    reached: bool


type Effect = Say | Store | Resume | Accept | Decline
type Check = Callable[[str], str]
"""The number in the form it is dialled in; empty when it cannot be called back."""

type Step = tuple[Dialogue | None, list[Effect]]

GREETING = ("system:callback-greeting",)
TYPING = ("system:callback-type",)
WRONG = ("system:callback-wrong-number", *TYPING)


def offer_words(key: str) -> tuple[str, ...]:
    """The prompts that tell of callbacks, and which key asks for one."""
    return "system:callback-offer", f"system:digit-{key}"


def offer(caller: str, key: str) -> Step:
    """A step of the queue: does she want to be called back? Any other key, or none, means no."""
    return Dialogue(Stage.OFFER, caller, key=key), [Say(offer_words(key))]


def begin(caller: str, check: Check) -> Step:
    """The caller pressed the key. Whose number is not known or not callable types one."""
    number = check(caller)
    return _confirm(number, 0) if number else _type(TYPING, 0)


def greet() -> Step:
    """The patient answered the call we owed her."""
    return Dialogue(Stage.GREET), [Say(GREETING)]


def step(dialogue: Dialogue, event: Event, check: Check) -> Step:
    match event:
        case Said(at):
            waiting = dialogue.stage is not Stage.STORE
            return msgspec.structs.replace(dialogue, deadline=at + ANSWER_MS if waiting else None), []
        case Late(at):
            if dialogue.deadline is None or at < dialogue.deadline:
                return dialogue, []
            return _again(dialogue, check)
        case Key(at, key):
            after, effects = _key(dialogue, at, key, check)
            if after is not None and not effects and after.deadline is None and after.stage is not Stage.STORE:
                # The key meant nothing, but cut short what was said: time for an answer begins now.
                after = msgspec.structs.replace(after, deadline=at + ANSWER_MS)
            return after, effects


def _key(dialogue: Dialogue, at: Millis, key: str, check: Check) -> Step:
    match dialogue.stage:
        case Stage.OFFER:
            return begin(dialogue.number, check) if key == dialogue.key else (None, [Resume()])
        case Stage.CONFIRM:
            return _confirmed(dialogue, key)
        case Stage.TYPE:
            return (None, [Resume()]) if key == BACK else _typed(dialogue, at, key, check)
        case Stage.GREET if key in {YES, NO}:
            return None, [Accept() if key == YES else Decline(reached=True)]
        case _:
            return dialogue, []


def _confirmed(dialogue: Dialogue, key: str) -> Step:
    match key:
        case "1":
            return Dialogue(Stage.STORE, dialogue.number), [Store(dialogue.number)]
        case "2":
            return _type(TYPING, dialogue.tries)
        case "*":
            return None, [Resume()]
        case _:
            return dialogue, []


def _typed(dialogue: Dialogue, at: Millis, key: str, check: Check) -> Step:
    if key != END and len(dialogue.digits) < LONGEST:
        return msgspec.structs.replace(dialogue, digits=dialogue.digits + key, deadline=at + ANSWER_MS), []
    return _entered(dialogue, check)


def _entered(dialogue: Dialogue, check: Check) -> Step:
    number = check(dialogue.digits)
    if number:
        return _confirm(number, dialogue.tries)
    if dialogue.tries + 1 >= TRIES:
        return None, [Resume()]
    return _type(WRONG, dialogue.tries + 1)


def _again(dialogue: Dialogue, check: Check) -> Step:
    """No key came: ask once more, then give up."""
    if dialogue.stage is Stage.TYPE and dialogue.digits:
        return _entered(dialogue, check)
    if dialogue.stage is Stage.OFFER or dialogue.tries + 1 >= TRIES - 1:
        return None, [Decline(reached=False) if dialogue.stage is Stage.GREET else Resume()]
    match dialogue.stage:
        case Stage.CONFIRM:
            return _confirm(dialogue.number, dialogue.tries + 1)
        case Stage.GREET:
            return Dialogue(Stage.GREET, tries=dialogue.tries + 1), [Say(GREETING)]
        case _:
            return _type(TYPING, dialogue.tries + 1)


def _confirm(number: str, tries: int) -> Step:
    spoken = tuple(f"system:digit-{digit}" for digit in number if digit.isdigit())
    said = ("system:callback-number", *spoken, "system:callback-confirm")
    return Dialogue(Stage.CONFIRM, number, tries=tries), [Say(said)]


def _type(prompts: tuple[str, ...], tries: int) -> Step:
    return Dialogue(Stage.TYPE, tries=tries), [Say(prompts)]
