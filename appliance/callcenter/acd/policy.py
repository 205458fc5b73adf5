"""What a queue asks of agents and does with callers who wait: data, stored as JSON with the queue."""

import re
from typing import ClassVar

import msgspec

MOST_STEPS, MOST_NEEDS = 20, 10
LOWEST_LEVEL, HIGHEST_LEVEL = 1, 10

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class PolicyError(ValueError):
    """Stored steps or needs that cannot be right."""


class Need(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Agents need `skill` at `level`; each `relax_seconds` of waiting `relax_by` levels less, down to `lowest`.

    At level 0 anybody will do. `relax_seconds` 0 = it never relaxes.
    """

    skill: int
    level: int
    relax_seconds: int = 0
    relax_by: int = 1
    lowest: int = 0

    def level_after(self, waited_ms: int) -> int:
        """What is asked of an agent for a caller who has waited so long."""
        if not self.relax_seconds:
            return self.level
        return max(
            min(self.lowest, self.level), self.level - self.relax_by * (waited_ms // (self.relax_seconds * 1000))
        )


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="after"):
    """The caller has waited in this queue for so long."""

    seconds: int
    result: ClassVar[str] = "too_long"


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="position"):
    """On entering, the caller's place is behind the one given."""

    more_than: int
    result: ClassVar[str] = "too_many"


class Length(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="length"):
    """On entering, more callers than this wait in the queue already, whatever their priority."""

    more_than: int
    result: ClassVar[str] = "too_many"


class Unstaffed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="unstaffed"):
    """None of the queue's agents is signed in."""

    result: ClassVar[str] = "nobody"


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="closed"):
    """It is after closing time: from `start` to `end` (`HH:MM`, perhaps of the next day), beginning on `days` (1–7)."""

    start: str
    end: str
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    result: ClassVar[str] = "closed"


type When = After | Position | Length | Unstaffed | Closed


class Announce(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="announce"):
    """Say a prompt (by id); the caller goes on waiting."""

    prompt: int
    leaves: ClassVar[bool] = False


class OtherQueue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="queue"):
    """Wait in another queue, with the age and priority the caller has."""

    queue: int
    leaves: ClassVar[bool] = True


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="message"):
    """Say a prompt (None = the system's own words for the occasion) and hang up."""

    prompt: int | None = None
    leaves: ClassVar[bool] = True


class StartFlow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="flow"):
    """Leave the queue for a published flow."""

    flow: int
    leaves: ClassVar[bool] = True


class OfferCallback(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="callback"):
    """Ask whether the caller would rather be called back; until she has answered, no other step is taken."""

    leaves: ClassVar[bool] = False


type Action = Announce | OtherQueue | Message | StartFlow | OfferCallback


def target_of(action: Action) -> tuple[str, int] | None:
    """What kind of record the action needs (`prompt`, `queue` or `flow`) and its id."""
    match action:
        case Announce(prompt) | Message(prompt) if prompt is not None:
            return "prompt", prompt
        case OtherQueue(queue):
            return "queue", queue
        case StartFlow(flow):
            return "flow", flow
        case _:
            return None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a queue's policy: as soon as `when` is so, `do` it, once for each caller."""

    when: When
    do: Action


DEFAULT_STEPS = (Step(Unstaffed(), Message()), Step(After(600), Message()))
"""What a new queue does: nobody waits where nobody works, nor longer than ten minutes."""


def encode(policy: tuple[Step, ...] | tuple[Need, ...]) -> str:
    return msgspec.json.encode(policy).decode()


def parse_steps(text: str) -> tuple[Step, ...]:
    """Read and check stored steps. Raises PolicyError."""
    try:
        steps = msgspec.json.decode(text, type=tuple[Step, ...])
    except msgspec.DecodeError as error:
        raise PolicyError(str(error)) from error
    if len(steps) > MOST_STEPS:
        raise PolicyError(f"at most {MOST_STEPS} steps")
    for step in steps:
        _check_when(step.when)
    return steps


def _check_when(when: When) -> None:
    match when:
        case After(seconds) if not 0 <= seconds <= 86_400:
            raise PolicyError(f"after {seconds} s")
        case Position(number) | Length(number) if not 0 <= number <= 1000:
            raise PolicyError(f"more than {number}")
        case Closed(start, end, days):
            if not (_TIME.fullmatch(start) and _TIME.fullmatch(end)) or not days or not {*days} <= {*range(1, 8)}:
                raise PolicyError(f"closed from {start} to {end} on {days}")


def parse_needs(text: str) -> tuple[Need, ...]:
    """Read and check stored needs. Raises PolicyError."""
    try:
        needs = msgspec.json.decode(text, type=tuple[Need, ...])
    except msgspec.DecodeError as error:
        raise PolicyError(str(error)) from error
    levels = range(LOWEST_LEVEL, HIGHEST_LEVEL + 1)
    for need in needs:
        if need.level not in levels or need.relax_by not in levels or not 0 <= need.lowest <= need.level:
            raise PolicyError(f"skill {need.skill}: levels are {LOWEST_LEVEL} to {HIGHEST_LEVEL}")
    if len(needs) > MOST_NEEDS or len({need.skill for need in needs}) < len(needs):
        raise PolicyError(f"at most {MOST_NEEDS} skills, each once")
    return needs
