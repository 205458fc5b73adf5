"""When a pause becomes too long, and how much of a day's allowance is used. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.callcenter.reasons.model import PauseReason
from appliance.clock import Millis

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


def limit_at(reason: PauseReason | None, since: Millis, used_ms: int) -> Millis | None:
    """When a pause begun at `since` exceeds its limit; `used_ms` is what the day had of it before. None = never."""
    if reason is None:
        return None
    limits = []
    if reason.limit_minutes:
        limits.append(since + reason.limit_minutes * MINUTE_MS)
    if reason.day_limit_minutes:
        limits.append(since + max(0, reason.day_limit_minutes * MINUTE_MS - used_ms))
    return min(limits, default=None)


@dataclass(frozen=True, slots=True)
class Stretch:
    """An agent was busy with `cause` from `began` to `ended`."""

    agent: int
    cause: str
    began: Millis
    ended: Millis


@dataclass
class DayUse:
    """Pauses of the day that began at `midnight`, by agent and cause."""

    midnight: Millis = 0
    used_ms: dict[tuple[int, str], int] = field(default_factory=dict)

    def start(self, midnight: Millis, stretches: Iterable[Stretch] = ()) -> None:
        """Begin a day anew, with what is known of it already."""
        self.midnight = midnight
        self.used_ms = {}
        for stretch in stretches:
            self.add(stretch)

    def add(self, stretch: Stretch) -> None:
        """Count what of the stretch lies in the day."""
        length = stretch.ended - max(stretch.began, self.midnight)
        if length > 0:
            key = (stretch.agent, stretch.cause)
            self.used_ms[key] = self.used_ms.get(key, 0) + length

    def used(self, agent: int, cause: str) -> int:
        return self.used_ms.get((agent, cause), 0)

    def over(self, now: Millis) -> bool:
        """Whether another day has begun."""
        return now - self.midnight >= DAY_MS


def stretches(log: Iterable[tuple[int, str, str, Millis]]) -> Iterable[Stretch]:
    """From the state log (agent, state, cause, at), in order of time for each agent. What still lasts is left out."""
    present: dict[int, tuple[str, Millis]] = {}
    for agent, state, cause, at in log:
        known = present.pop(agent, None)
        if known is not None:
            yield Stretch(agent, known[0], known[1], at)
        if state == "busy":
            present[agent] = (cause, at)
