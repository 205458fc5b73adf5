"""The state as text for those who begin to follow events, taken once a second for all who may see the same."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from appliance import clock
from appliance.callcenter.integrations.model import Caller, Document

FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Picture:
    """`text` is the JSON of the state without the clock; the events behind `seq` make it the present one."""

    seq: int
    taken_at: float
    text: bytes


class Pictures:
    def __init__(self, state: Callable[[Caller], Document], fresh_seconds: float = FRESH_SECONDS) -> None:
        self._state = state
        self._fresh = fresh_seconds
        self._kept: dict[object, Picture] = {}

    def of(self, caller: Caller) -> tuple[int, str]:
        """The place in the log from which events go on, and the state as JSON. Raises MissingScopeError."""
        sees = (caller.scopes, caller.agent, caller.key.agents, caller.key.queues)
        at = time.monotonic()
        if sees not in self._kept or at - self._kept[sees].taken_at >= self._fresh:
            self._kept = {who: kept for who, kept in self._kept.items() if at - kept.taken_at < self._fresh}
            self._kept[sees] = self._take(caller, at)
        kept = self._kept[sees]
        return kept.seq, (b'{"now":%d,' % clock.now_ms() + kept.text[1:]).decode()

    def _take(self, caller: Caller, at: float) -> Picture:
        state = self._state(caller)
        del state["now"]
        return Picture(state["seq"], at, msgspec.json.encode(state))
