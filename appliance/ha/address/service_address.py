"""The address that goes where the active box is: held in the kernel with a lifetime, announced to the neighbours."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from appliance.clock import boot_ms
from appliance.ha import cluster_file
from appliance.ha.address.complaints import Complaints
from appliance.ha.address.kernel import AddressError, Kernel, Placed
from appliance.ha.address.rules import Announcing, lifetime_seconds
from appliance.ha.address.segment import IPAddress, Segment
from appliance.ha.address.uplink import Uplink, addresses
from appliance.ha.decision.timing import Boottime

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""The kernel tells every change; should it not, this is how long it stays unknown."""
WORTH_MS = 200
"""A longer lifetime is given when it gains so much: several times in each second of the lease."""
OVERSHOOT_MS = 40
"""The kernel removes an address up to 310 ms late, 350 are allowed for: so much later than counted it may be given."""


class ServiceAddress:
    """A part of the agent, on its event loop. `hold` and `drop` return at once; the work is done in `run`.

    The address is not there any more when `until` is over, whatever becomes of this program: killed, frozen, starved.
    """

    name = "service address"

    def __init__(
        self,
        settings: cluster_file.ServiceAddress,
        uplink: Uplink,
        *,
        clock: Callable[[], Boottime] = boot_ms,
    ) -> None:
        self.changed: Callable[[], None] = _nothing
        self._interface = settings.interface
        self._addresses = addresses(settings)
        self._uplink = uplink
        self._clock = clock
        self._kernel = Kernel(self._kernel_changed)
        self._segment = Segment(settings.interface)
        self._until: Boottime | None = None
        self._asked = 0
        self._done = 0
        self._wake = asyncio.Event()
        self._looked_at: Boottime | None = None
        self._placed: frozenset[Placed] = frozenset()
        self._ends: dict[Placed, Boottime] = {}
        self._announcing: Announcing | None = None
        self._neighbours_may_be_wrong = False
        self._complaints = Complaints(log, f"service address on {settings.interface}", AddressError, OSError)

    def hold(self, until: Boottime) -> None:
        """Have it in the kernel until then: whole seconds, rounded down; what is there already is never shortened."""
        self._until = until
        self._ask()
        self._uplink.probe()

    def drop(self) -> None:
        """Remove it, whoever put it there, from whatever interface."""
        self._until = None
        self._ask()

    def held(self) -> bool:
        """Whether the kernel has any of it, whoever put it there. True as long as a wish is still being carried out."""
        return bool(self._placed) or self._done < self._asked

    def _ask(self) -> None:
        self._asked += 1
        self._wake.set()

    def _kernel_changed(self) -> None:
        self._looked_at = None
        self._wake.set()

    # -- the part -------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Removes what a killed predecessor left. Raises OSError without rtnetlink."""
        await self._kernel.open()
        self.drop()
        await self._step()

    async def run(self) -> None:
        while True:
            await self._step()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause_seconds())

    async def close(self) -> None:
        """Removes it: who is not there any more cannot keep it."""
        self.drop()
        await self._step()
        self._segment.close()
        await self._kernel.close()

    def _pause_seconds(self) -> float:
        due_at = self._announcing.due_at if self._announcing is not None else None
        if due_at is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0, due_at - self._clock()) / 1_000)

    async def _step(self) -> None:
        self._wake.clear()
        asked, before = self._asked, bool(self._placed)
        with self._complaints.about("kernel"):
            await self._look()
            if self._until is None:
                await self._remove(self._placed)
            else:
                await self._hold()
            await self._look()
            self._done = asked
        self._announce()
        if before != bool(self._placed):
            self.changed()

    async def _look(self) -> None:
        at = self._clock()
        if self._looked_at is not None and at - self._looked_at < LOOK_SECONDS * 1_000:
            return
        self._looked_at = at
        try:
            placed = await self._kernel.placed(self._addresses)
        except AddressError:
            self._looked_at = None
            raise
        if self._placed and not placed:
            log.info("the service address is gone from %s", self._interface)
        self._placed = placed
        self._ends = {where: end for where, end in self._ends.items() if where in placed}

    async def _hold(self) -> None:
        wanted = set()
        for address in self._addresses:
            with self._complaints.about(str(address)):  # the other one may work
                wanted.add(await self._keep(address))
        await self._remove(frozenset(where for where in self._placed if where not in wanted))

    async def _keep(self, address: IPAddress) -> Placed | None:
        """Give one address the lifetime that is left; None: nothing was left to give."""
        where = next((at for at in self._ends if at.address == address), None)
        while self._until is not None:
            seconds = lifetime_seconds(self._until, self._clock())
            if not seconds:
                return where
            if where is not None and self._ends[where] + WORTH_MS > self._clock() + seconds * 1_000:
                return where
            until = self._until
            new, where = where is None, await self._kernel.put(self._interface, address, seconds)
            self._looked_at = None
            self._ends[where] = self._clock() + seconds * 1_000
            if new:
                log.info("the service address %s is on %s", address, self._interface)
                self._announcing = Announcing(self._clock())
            if self._ends[where] <= until + OVERSHOOT_MS:
                return where
            # This program stood still between counting and giving: it lasts too long. As if it were not there.
            await self._kernel.remove(where)
            del self._ends[where]
            where = None
        return where

    async def _remove(self, placed: frozenset[Placed]) -> None:
        for where in placed:
            await self._kernel.remove(where)
            self._ends.pop(where, None)
            self._looked_at = None

    # -- announcements --------------------------------------------------------------------------------

    def _announce(self) -> None:
        if not self._placed:
            self._announcing = None
        if self._announcing is None:
            return
        at = self._clock()
        doubtful = not self._uplink.carrier or self._uplink.address_conflict
        if self._neighbours_may_be_wrong and not doubtful:
            self._announcing = Announcing(at)
        self._neighbours_may_be_wrong = doubtful
        if self._announcing.due_at > at:
            return
        with self._complaints.about("announcements"):
            for address in sorted({where.address for where in self._placed}, key=str):
                self._segment.announce(address)
        self._announcing = self._announcing.after_sending(at)


def _nothing() -> None:
    pass
