"""Outside calls of the last day, in memory; after a restart read from the call records."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

from appliance.callcenter.call_limits.model import Attempt
from appliance.clock import Millis

KEPT_MS = 26 * 3_600_000
"""A day, and a little more for the day when clocks change."""


class History:
    """Attempts in order of time, by caller and by trunk."""

    def __init__(self) -> None:
        self._by_caller: dict[str, deque[Attempt]] = defaultdict(deque)
        self._by_trunk: dict[str, deque[Attempt]] = defaultdict(deque)

    def add(self, attempt: Attempt) -> None:
        for line in (self._by_caller[attempt.caller], self._by_trunk[attempt.trunk]):
            line.append(attempt)
            while line[0].at < attempt.at - KEPT_MS:
                line.popleft()

    def of_caller(self, caller: str, since: Millis) -> list[Attempt]:
        return [one for one in self._by_caller.get(caller, ()) if one.at >= since]

    def of_trunk(self, trunk: str, since: Millis) -> list[Attempt]:
        return [one for one in self._by_trunk.get(trunk, ()) if one.at >= since]


@dataclass
class OutsideCalls:
    """What was called, and alarms that are not stored yet (caller → when raised)."""

    history: History = field(default_factory=History)
    raised: dict[str, Millis] = field(default_factory=dict)
