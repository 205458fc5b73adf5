"""WebCTI's share of the program's time: calls are set up in the same event loop, and go first."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

PART = 0.2
"""Of one processor core."""
AT_ONCE_SECONDS = 0.001
"""After so much work for programs, calls have their turn."""


class Share:
    """What is read and what is told take turns here: `await turn()`, then `with spending():` the work, without waiting.

    Nothing is refused; who comes while the share is used up waits, in the order of coming. Work that is asked for when
    nothing else is going on begins at once.
    """

    def __init__(self, part: float = PART, at_once_seconds: float = AT_ONCE_SECONDS) -> None:
        self._part = part
        self._most = at_once_seconds
        self._left = at_once_seconds
        self._at = time.monotonic()
        self._line = asyncio.Lock()

    def _refill(self) -> float:
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._part)
        self._at = now
        return self._left

    async def turn(self) -> None:
        """Until there is something left of the share."""
        if self._refill() > 0 and not self._line.locked():
            return
        async with self._line:
            if (left := self._refill()) <= 0:
                await asyncio.sleep((self._most / 2 - left) / self._part)

    @contextlib.contextmanager
    def spending(self) -> Iterator[None]:
        """Around the work."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._refill()
            self._left -= time.monotonic() - started
