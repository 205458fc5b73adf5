"""What could not be done is left alone for a while, so that it does not stand in the way of the rest."""

import time
from collections.abc import Callable


class Resting:
    """By name. Bounded: when too many rest, the oldest are tried again."""

    def __init__(self, most: int = 400, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._until: dict[str, float] = {}

    def rest(self, name: str, seconds: float) -> None:
        self._until.pop(name, None)
        self._until[name] = self._clock() + seconds
        if len(self._until) > self._most:
            del self._until[next(iter(self._until))]

    def now(self) -> set[str]:
        self._until = {name: until for name, until in self._until.items() if until > self._clock()}
        return set(self._until)
