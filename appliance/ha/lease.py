"""Our lease in etcd: obtained, kept and watched by threads of its own, so that a busy event loop cannot lose it.

Times are CLOCK_BOOTTIME. The lease counts from the moment *before* the last confirmed request was sent, so etcd cannot
let it run out before we think so. It is given up `margin_seconds` earlier: that is the time to stop being active in.
A lease that was once given up never comes back; who wants it again makes a new keeper.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from appliance.clock import boot_seconds
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError, EtcdLeaseNotFoundError
from appliance.ha.etcd.link import Access
from appliance.ha.etcd.model import Lease

log = logging.getLogger(__name__)

GUARD_SECONDS = 0.02
RETRY_SECONDS = 0.1
STOP_SECONDS = 3.0


@dataclass(frozen=True)
class LeaseTerms:
    ttl_seconds: int = 5
    keep_alive_seconds: float = 1.0
    margin_seconds: float = 0.7


class LeaseListener(Protocol):
    """Is called in the keeper's threads: must be quick, must not wait for the event loop, must not call `stop()`."""

    def granted(self, lease: Lease) -> None:
        """The lease is ours."""

    def renewed(self, deadline: float) -> None:
        """A keep-alive was confirmed. May come as the last word beside `ended`: ask `held()`."""

    def ended(self, reason: str) -> None:
        """Once, if the lease was ours and is to be given up: the margin is reached, or etcd no longer knows it."""


class Phase(Enum):
    NEW = auto()
    HELD = auto()
    ENDED = auto()
    STOPPED = auto()


class LeaseKeeper:
    """One lease from `start()` to `stop()`."""

    def __init__(
        self,
        access: Access,
        listener: LeaseListener,
        terms: LeaseTerms | None = None,
        *,
        clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._access = access
        self._listener = listener
        self._terms = terms or LeaseTerms()
        self._clock = clock
        self._lock = threading.Lock()
        self._phase = Phase.NEW
        self._deadline = 0.0
        self._lease: Lease | None = None
        self._revoke = False
        self._stopped = threading.Event()
        self._wake: Callable[[], object] = _nothing
        self._take_access: Callable[[], object] = _nothing
        self._threads = [
            threading.Thread(target=self._keep, name="lease-keeper", daemon=True),
            threading.Thread(target=self._guard, name="lease-guard", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def use(self, access: Access) -> None:
        """Other members, or the same with renewed certificates: for the next connection. The lease goes on."""
        with self._lock:
            self._access = access
            self._take_access()

    def held(self) -> bool:
        """Whether the lease is ours for longer than the margin from now on. Never true after the deadline."""
        with self._lock:
            return self._phase is Phase.HELD and self._clock() < self._deadline - self._terms.margin_seconds

    def deadline(self) -> float:
        """CLOCK_BOOTTIME until which etcd certainly keeps the lease; 0 if it was never ours."""
        with self._lock:
            return self._deadline

    @property
    def lease_id(self) -> int:
        """For the keys that shall go with the lease; 0 before there is one."""
        with self._lock:
            return self._lease.id if self._lease is not None else 0

    def stop(self, *, revoke: bool) -> None:
        """End the threads; waits at most STOP_SECONDS for each.

        `revoke` gives the lease back, so that another may be active at once: only when nothing of ours is active any
        more. A lease that could not be given back runs out by itself.
        """
        with self._lock:
            self._phase = Phase.STOPPED
            self._revoke = revoke
            self._stopped.set()
            self._wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_SECONDS)

    # -- the keeper's thread -----------------------------------------------------------------------

    def _keep(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception:
            log.exception("the lease keeper failed")
            self._end("the lease keeper failed")

    async def _live(self) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._wake = lambda: loop.call_soon_threadsafe(stop.set)
            if self._stopped.is_set():
                return
        try:
            async with EtcdClient(self._access) as etcd:
                with self._lock:
                    self._take_access = lambda: loop.call_soon_threadsafe(self._change_access, etcd)
                working = asyncio.create_task(self._obtain_and_keep(etcd))
                stopping = asyncio.create_task(stop.wait())
                await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
                if working.done() and working.exception() is not None:
                    await working
                await stopping
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                await self._give_back(etcd)
        finally:
            with self._lock:
                self._wake = self._take_access = _nothing

    def _change_access(self, etcd: EtcdClient) -> None:
        etcd.link.use(self._access.endpoints)
        try:
            etcd.link.load_certificates()
        except OSError as error:  # ssl.SSLError is one
            log.warning("the lease keeper goes on with its old certificate: %s", error)

    async def _obtain_and_keep(self, etcd: EtcdClient) -> None:
        lease = await self._obtain(etcd)
        next_at, trouble = lease.sent_at + self._terms.keep_alive_seconds, ""
        while True:
            await asyncio.sleep(max(0.0, next_at - self._clock()))
            if self._phase is not Phase.HELD:
                return  # it was given up: sent now, it would only keep others waiting
            try:
                renewed = await etcd.lease_keep_alive(lease.id, seconds=lease.ttl_seconds / 3)
            except EtcdLeaseNotFoundError:
                self._end("etcd no longer knows the lease")
                return
            except EtcdError as error:
                trouble = _say_once(trouble, f"no keep-alive: {error}")
                next_at = self._clock() + RETRY_SECONDS
                continue
            if not self._confirm(renewed):
                return
            trouble = _say_once(trouble, "")
            next_at = renewed.sent_at + self._terms.keep_alive_seconds

    async def _obtain(self, etcd: EtcdClient) -> Lease:
        """The first lease that was granted in time."""
        trouble = ""
        while True:
            try:
                lease = await etcd.lease_grant(self._terms.ttl_seconds)
            except EtcdError as error:
                trouble = _say_once(trouble, f"no lease: {error}")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            trouble = _say_once(trouble, "")
            if self._take(lease):
                return lease

    async def _give_back(self, etcd: EtcdClient) -> None:
        if self._revoke and self._lease is not None:
            with contextlib.suppress(EtcdError):
                await etcd.lease_revoke(self._lease.id)

    def _take(self, lease: Lease) -> bool:
        with self._lock:
            if self._phase is not Phase.NEW or self._is_late(lease.deadline):
                return False
            self._phase, self._lease, self._deadline = Phase.HELD, lease, lease.deadline
        self._listener.granted(lease)
        return True

    def _confirm(self, lease: Lease) -> bool:
        """An answer that comes after the margin was reached does not make the lease longer."""
        with self._lock:
            if self._phase is not Phase.HELD or self._is_late(self._deadline):
                return False
            self._deadline = deadline = max(self._deadline, lease.deadline)
        self._listener.renewed(deadline)
        return True

    def _is_late(self, deadline: float) -> bool:
        return self._clock() >= deadline - self._terms.margin_seconds

    # -- the guard's thread: no input or output, nothing to wait for ----------------------------------

    def _guard(self) -> None:
        while not self._stopped.wait(GUARD_SECONDS):
            with self._lock:
                late = self._phase is Phase.HELD and self._is_late(self._deadline)
            if late:
                self._end("no keep-alive was confirmed in time")

    def _end(self, reason: str) -> None:
        with self._lock:
            if self._phase is not Phase.HELD:
                return
            self._phase = Phase.ENDED
        log.info("lease given up: %s", reason)
        self._listener.ended(reason)


def _say_once(before: str, now: str) -> str:
    """Logs that something begins to fail, and that it works again; returns what is the matter now."""
    if now and not before:
        log.warning("%s", now)
    elif before and not now:
        log.warning("etcd answers again")
    return now


def _nothing() -> None:
    pass
