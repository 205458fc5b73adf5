"""The hospital's network as this box sees it: carrier, gateway, and whether somebody else has the service address."""

import asyncio
import logging
from collections.abc import Callable
from ipaddress import IPv4Address, ip_address

from msgspec.structs import replace

from appliance.clock import boot_ms
from appliance.ha.address.complaints import Complaints
from appliance.ha.address.frames import BROADCAST, NOBODY, Claim, Mac
from appliance.ha.address.rules import Reach, Thresholds, Watch
from appliance.ha.address.segment import IPAddress, Segment, has_carrier
from appliance.ha.cluster_file import ServiceAddress
from appliance.ha.decision.timing import Boottime

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
ASK_MS = 1_000
"""Between questions to a gateway that answers."""
ASK_AGAIN_MS = 300
"""Between questions to one that does not."""
STOOD_STILL_MS = 1_000
"""A look so long after the last one says nothing about what was between: the program did not run."""


def _nothing() -> None:
    pass


class Uplink:
    """A part of the agent, on its event loop; nothing here blocks.

    `own` is the box's own address on the interface: the gateway is asked for it. `changed` is called when one of the
    properties changes.
    """

    name = "uplink"

    def __init__(
        self,
        service: ServiceAddress,
        own: str,
        *,
        limits: Thresholds | None = None,
        clock: Callable[[], Boottime] = boot_ms,
    ) -> None:
        self.changed: Callable[[], None] = _nothing
        self._interface = service.interface
        self._service = addresses(service)
        self._gateway = ip_address(service.gateway) if service.gateway else None
        self._own = _sender(own)
        self._limits = limits or Thresholds()
        self._clock = clock
        watched = self._service if self._gateway is None else (*self._service, self._gateway)
        self._segment = Segment(service.interface, watched, self._heard)
        self._reach = Reach()
        self._watch = Watch()
        self._carrier = True
        self._answered_at: Boottime = 0
        self._gateway_mac: Mac | None = None
        self._asked_at: Boottime = 0
        self._looked_at: Boottime = 0
        self._complaints = Complaints(log, f"uplink {service.interface}", OSError)
        self._told = (True, False)

    @property
    def gateway(self) -> bool:
        """The uplink is of use: carrier is there and the gateway, if one is named, answers. True until disproved."""
        return self._reach.works

    @property
    def address_conflict(self) -> bool:
        """Somebody else answers for the service address. Known 0.4 s after the first `probe()`; else false."""
        return self._watch.conflict(self._clock())

    @property
    def carrier(self) -> bool:
        """At this moment, without any threshold."""
        return self._carrier

    def probe(self) -> None:
        """Look for somebody else who has the service address, for the next three seconds.

        Call it again and again while promotion is under way, so that the answer is there before the address is taken;
        holding the address asks for it too.
        """
        self._watch = self._watch.wished(self._clock())

    async def open(self) -> None:
        pass

    async def run(self) -> None:
        while True:
            self._look(self._clock())
            await asyncio.sleep(TICK_SECONDS)

    async def close(self) -> None:
        self._segment.close()

    def _look(self, at: Boottime) -> None:
        if at - self._looked_at > STOOD_STILL_MS:
            self._reach, self._answered_at = replace(self._reach, carrier_at=at), at
        self._looked_at = at
        self._carrier = has_carrier(self._interface)
        if self._carrier:
            with self._complaints.about("asking"):
                self._ask_gateway(at)
                self._probe(at)
        answered_at = at if self._gateway is None else self._answered_at
        before = self._reach.works
        self._reach = self._reach.step(at, carrier=self._carrier, answered_at=answered_at, limits=self._limits)
        if before != self._reach.works:
            said = "is of use again" if self._reach.works else "is lost: no carrier, or the gateway is silent"
            log.warning("the uplink %s %s", self._interface, said)
        self._tell()

    def _ask_gateway(self, at: Boottime) -> None:
        self._segment.listen()
        pause = ASK_MS if self._answered_at >= self._asked_at else ASK_AGAIN_MS
        if self._gateway is not None and at - self._asked_at >= pause:
            # Alone to the gateway as long as it answers: everybody else need not listen.
            mac = self._gateway_mac if self._answered_at >= self._asked_at else None
            self._asked_at = at
            self._segment.ask(self._gateway, sender=self._own, to=mac or BROADCAST)

    def _probe(self, at: Boottime) -> None:
        due_at = self._watch.due_at(at)
        if due_at is not None and due_at <= at:
            self._watch = self._watch.probed(at)
            for address in self._service:
                self._segment.ask(address)

    def _heard(self, claim: Claim) -> None:
        at = self._clock()
        if claim.address == self._gateway:
            if claim.answer:
                self._answered_at, self._gateway_mac = at, claim.mac
            return
        before = self._watch.conflict(at)
        self._watch = self._watch.claimed(at)
        if self._watch.conflict(at) and not before:
            mac = claim.mac.hex(":") if claim.mac else "somebody"
            log.warning("%s also answers for the service address %s", mac, claim.address)
        self._tell()

    def _tell(self) -> None:
        now = (self.gateway, self.address_conflict)
        if now != self._told:
            self._told = now
            self.changed()


def addresses(service: ServiceAddress) -> tuple[IPAddress, ...]:
    """IPv4 first, then IPv6 where there is one. Raises ValueError."""
    return tuple(ip_address(text) for text in (service.v4, service.v6) if text)


def _sender(own: str) -> IPv4Address:
    address = ip_address(own)
    return address if isinstance(address, IPv4Address) else NOBODY
