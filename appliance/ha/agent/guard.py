"""The hardware watchdog in the agent's hands: armed before promotion, fed while the right lasts, then stopped.

It is fed with every decision, but only while the right goes on for longer than the device takes: so it fires when the
right ends, not before (an orderly stop begins 0.7 s earlier) and not after.
"""

import asyncio
import contextlib
import logging

import msgspec

from appliance.ha.address.watchdog import Watchdog, WatchdogError
from appliance.ha.agent.parts import Changed, Clock, boot_clock
from appliance.ha.cluster_file import WatchdogMode
from appliance.ha.decision.model import WatchdogState
from appliance.ha.decision.timing import Boottime

log = logging.getLogger(__name__)

AGAIN_SECONDS = 10.0


class WatchdogView(msgspec.Struct, frozen=True):
    """What is told of it."""

    mode: WatchdogMode
    state: WatchdogState
    device: str = ""
    """What its driver calls it."""
    seconds: int = 0
    """How long it waits to be fed."""
    refusal: str = ""
    """Why the device is not used."""


class Guard:
    """A part of the agent."""

    name = "watchdog"

    def __init__(self, watchdog: Watchdog, clock: Clock = boot_clock) -> None:
        self.changed: Changed = lambda: None
        self._watchdog = watchdog
        self._clock = clock
        self._state = _untried(watchdog)

    # -- what the agent sees and wishes ------------------------------------------------------------------

    def seen(self) -> WatchdogState:
        return self._state

    def view(self) -> WatchdogView:
        dog = self._watchdog
        return WatchdogView(dog.mode, self._state, dog.identity, dog.seconds, dog.refusal)

    def feed(self, until: Boottime) -> None:
        """Counting begins with the first. Too late for a whole count, it is left to what was fed before."""
        if until - self._clock() < self._watchdog.seconds * 1_000:
            return
        if self._watchdog.armed:
            self._watchdog.pet()
        elif self._state in {WatchdogState.READY, WatchdogState.COUNTS}:
            self._try()

    def rest(self) -> None:
        """Whatever left it counting. Whether there is one that fits is known from then on."""
        if self._state is WatchdogState.COUNTS:
            if not self._watchdog.armed:
                self._try()
            self._stop()

    def use(self, mode: WatchdogMode) -> None:
        """Another mode; whether a device fits is seen when it is next needed."""
        if mode is self._watchdog.mode:
            return
        self._watchdog.mode = mode
        if mode is WatchdogMode.OFF:
            self._watchdog.disarm()
        if not self._watchdog.armed:
            self._become(_untried(self._watchdog))

    def _try(self) -> None:
        state = WatchdogState.MISSING
        with contextlib.suppress(WatchdogError):
            self._watchdog.arm()
            state = WatchdogState.COUNTS if self._watchdog.armed else WatchdogState.NONE
        self._become(state)

    def _stop(self) -> None:
        if self._watchdog.armed:
            self._watchdog.disarm()
            self._become(WatchdogState.READY)

    def _become(self, state: WatchdogState) -> None:
        if state is WatchdogState.MISSING and self._state is not state:
            log.warning("a hardware watchdog is required: %s", self._watchdog.refusal)
        if state is not self._state:
            self._state = state
            self.changed()

    # -- the part ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        pass

    async def run(self) -> None:
        """A required one that is missing is looked for again: a driver may come late."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            if self._state is WatchdogState.MISSING:
                self._try()
                self._stop()

    async def close(self) -> None:
        """What is not stopped by now has a reason to count."""
        if self._watchdog.armed:
            log.warning("the watchdog is left counting: not everything has stopped")


def _untried(watchdog: Watchdog) -> WatchdogState:
    return WatchdogState.NONE if watchdog.mode is WatchdogMode.OFF else WatchdogState.COUNTS
