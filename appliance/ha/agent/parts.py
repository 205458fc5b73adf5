"""What the agent sees through and acts with. Shaped after `decision/model.py` and `decision/actions.py`.

Common to all: nothing blocks. What is seen is what the part's own task or thread saw last. An action returns at once
and goes on in the background; the same wish comes again several times a second until it is seen fulfilled, so what is
under way is ignored and what failed is tried again. A failure is logged once, not each time. Times are BOOTTIME ms.
All methods are called on the agent's event loop; `changed`, once set, is to be called there when anything seen changes.

A part that has work of its own is also an `appliance.service.Part` (name, open, run, close).
"""

from collections.abc import Callable
from typing import Protocol

from appliance.clock import boot_seconds
from appliance.ha.decision import model
from appliance.ha.decision.actions import RejoinWay
from appliance.ha.decision.promise import Ask
from appliance.ha.decision.timing import Boottime

type Changed = Callable[[], None]


class Clock(Protocol):
    def __call__(self) -> Boottime: ...


def boot_clock() -> Boottime:
    return int(boot_seconds() * 1_000)


class ServiceAddress(Protocol):
    """The address that goes where the active box is."""

    def hold(self, until: Boottime) -> None:
        """In the kernel until then: whole seconds, rounded down; what is there already is never shortened."""

    def drop(self) -> None: ...

    def held(self) -> bool:
        """Whether the kernel has any of it, whoever put it there."""


class Uplink(Protocol):
    @property
    def gateway(self) -> bool:
        """Carrier is there and the gateway, if one is named, answers."""

    @property
    def address_conflict(self) -> bool:
        """Somebody else answers for the service address."""

    def probe(self) -> None:
        """Look for somebody else who has it, for the next seconds."""


class Postgres(Protocol):
    """One method for each wish. `stop` also ends a start, promotion or rejoin that is under way."""

    changed: Changed

    def seen(self) -> model.Postgres: ...

    def start_standby(self) -> None: ...

    def rejoin(self, way: RejoinWay) -> None: ...

    def promote(self) -> None: ...

    def restart(self) -> None: ...

    def stop(self, *, at_once: bool) -> None: ...

    def set_sync_names(self, name: str | None) -> None: ...

    def lag_bytes(self) -> int | None:
        """As primary: how far the peer is behind in bytes of WAL; as standby: how much is received and not replayed.

        None: unknown, or nobody streams. For people only.
        """


class Services(Protocol):
    """What runs on the active box only."""

    changed: Changed

    def seen(self) -> model.Services: ...

    def start(self) -> None:
        """In their order; what has failed is started again."""

    def stop(self) -> None: ...

    def refuse_calls(self) -> None:
        """Until the next `start` or `stop`. Wished again as long as it shall be so."""


class PeerLink(Protocol):
    """Word from and to the other box."""

    changed: Changed

    def seen(self) -> model.Peer:
        """With `ask` until it is seen; what is asked is told once."""

    def tell(self, *, fitness: int, gateway: bool, able: bool, epoch: int) -> None:
        """What the next heartbeats say of us; sent at once when it differs. `epoch` 0: we do not serve."""

    def ask(self, epoch: int) -> None:
        """For the peer's promise."""

    def promise(self, ask: Ask) -> None:
        """Answer what it asked."""


class Guard(Protocol):
    """The hardware watchdog of this machine."""

    changed: Changed

    def seen(self) -> model.WatchdogState: ...

    def feed(self, until: Boottime) -> None:
        """Armed from now on: it fires at `until` at the latest, unless it is fed again."""

    def rest(self) -> None: ...


class Health(Protocol):
    """Of this machine, apart from address and services."""

    def disk_failed(self) -> bool:
        """Read-only, input/output errors or a failed array under the data; not a full one."""

    def fitness(self) -> int:
        """0 to 100; the peer compares."""
