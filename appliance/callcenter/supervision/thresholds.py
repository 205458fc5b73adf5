"""When the board raises an alarm: limits of queues and of agents' states, edited on the board."""

from typing import Annotated, Any

import msgspec

type Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
type Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
type Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]

STATES = ("ready", "ringing", "talking", "holding", "wrap_up", "busy", "not_answering")
EVERY_QUEUE = "0"


class QueueLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """None = no alarm. `longest_seconds`: somebody waits longer; `level_percent`: today's service level is lower."""

    longest_seconds: Seconds | None = None
    waiting: Count | None = None
    level_percent: Percent | None = None


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`queues` by id as text, `0` for all queues without limits of their own; `states`: longest stay in seconds."""

    queues: dict[str, QueueLimits] = {}
    states: dict[str, Seconds] = {}
    sound: bool = True


DEFAULTS = Thresholds(
    {EVERY_QUEUE: QueueLimits(longest_seconds=60, waiting=5, level_percent=80)},
    {"wrap_up": 180, "talking": 900, "holding": 120, "not_answering": 30},
)
"""80 % in 20 s is the field's usual promise; three minutes of writing up and a quarter of an hour of talk are long."""


def limits_of(thresholds: Thresholds, queue: int) -> QueueLimits:
    """What counts for `queue`: its own limits, else those of all queues."""
    return thresholds.queues.get(str(queue), thresholds.queues.get(EVERY_QUEUE, QueueLimits()))


def alarms_of(limits: QueueLimits, queue: dict[str, Any], now: int) -> tuple[str, ...]:
    """Which limits a queue's document exceeds right now: `longest`, `waiting`, `level`."""
    offered = queue["answered_today"] + queue["abandoned_today"]
    longest = now - queue["longest_since"] if queue["longest_since"] else 0
    found = {
        "longest": limits.longest_seconds is not None and longest > limits.longest_seconds * 1000,
        "waiting": limits.waiting is not None and queue["waiting"] >= limits.waiting,
        "level": limits.level_percent is not None
        and offered > 0
        and 100 * queue["in_level_today"] < limits.level_percent * offered,
    }
    return tuple(name for name, exceeded in found.items() if exceeded)


def stays_too_long(thresholds: Thresholds, state: str, since: int, now: int) -> bool:
    limit = thresholds.states.get(state)
    return limit is not None and now - since > limit * 1000


def check(thresholds: Thresholds) -> str:
    """The name of the first thing that does not exist, or ""."""
    wrong = [state for state in thresholds.states if state not in STATES]
    wrong += [queue for queue in thresholds.queues if not (queue.isascii() and queue.isdigit())]
    return wrong[0] if wrong else ""
