"""The counts of the floor, and what a wallboard may show: figures, no person's name or number."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from appliance.callcenter.supervision.thresholds import Thresholds, alarms_of, limits_of

type Document = dict[str, Any]

IN_SERVICE, IDLE, ON_BREAK, CLOSED = "in_service", "idle", "on_break", "closed"

GROUPS = {
    "ready": IDLE,
    "reserved": IN_SERVICE,
    "ringing": IN_SERVICE,
    "talking": IN_SERVICE,
    "holding": IN_SERVICE,
    "wrap_up": IN_SERVICE,
    "busy": ON_BREAK,
    "not_answering": ON_BREAK,
    "signed_out": CLOSED,
}
"""Which of the four counts (SUP-4) an agent in a state belongs to."""


def counts(states: Iterable[str]) -> dict[str, int]:
    """How many agents are in service, idle, on break, closed."""
    found = Counter(GROUPS[state] for state in states)
    return {group: found[group] for group in (IN_SERVICE, IDLE, ON_BREAK, CLOSED)}


def wall(
    queues: Iterable[Document], states: Iterable[str], phases: Iterable[str], thresholds: Thresholds, now: int
) -> Document:
    """Everything a wallboard shows."""
    listed = sorted(queues, key=lambda queue: str(queue["number"]))
    return {
        "counts": counts(states),
        "talking": sum(phase in {"talking", "holding"} for phase in phases),
        "queues": [
            {
                "id": queue["id"],
                "name": queue["name"],
                "number": queue["number"],
                "waiting": queue["waiting"],
                "longest_since": queue["longest_since"],
                "ready": queue["ready"],
                "signed_in": queue["signed_in"],
                "answered_today": queue["answered_today"],
                "abandoned_today": queue["abandoned_today"],
                "in_level_today": queue["in_level_today"],
                "service_level_seconds": queue["service_level_seconds"],
                "expected_wait_seconds": queue["expected_wait_seconds"],
                "alarms": alarms_of(limits_of(thresholds, queue["id"]), queue, now),
            }
            for queue in listed
        ],
    }
