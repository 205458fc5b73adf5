"""The loop: sees, decides, acts; a few times a second, at once when something changes, again while the state changes.

Nothing here waits. Should a decision itself fail, the program ends: systemd stops everything that is bound to it, the
kernel removes the address, and the lease runs out.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.clock import now_ms
from appliance.ha.agent.guard import Guard
from appliance.ha.agent.hands import Context, Hands
from appliance.ha.agent.keys import Stage
from appliance.ha.agent.leading import Leadership
from appliance.ha.agent.parts import Clock, Health, PeerLink, Postgres, ServiceAddress, Services, Uplink, boot_clock
from appliance.ha.agent.reading import KeysReader
from appliance.ha.agent.status import Report, Status, report, status
from appliance.ha.agent.writing import Writing
from appliance.ha.decision import model
from appliance.ha.decision.decide import decide, started
from appliance.ha.decision.model import QUIET, SERVING, Cause, Role, Seen, State, WatchdogState
from appliance.ha.decision.reasons import Why, because
from appliance.ha.decision.timing import Timing
from appliance.ha.decision.verdict import Verdict, step_down

log = logging.getLogger(__name__)

STEP_SECONDS = 0.2
MOST_DECISIONS = 6
LEAVE_SECONDS = 8.0
FORCED = Path("/run/hcc/force-active")
"""Break-glass: made by a person's command, gone with the next lease or a reboot."""


@dataclass(frozen=True)
class Senses:
    """Through what the agent sees."""

    keys: KeysReader
    leadership: Leadership
    peer: PeerLink
    postgres: Postgres
    services: Services
    address: ServiceAddress
    uplink: Uplink
    health: Health
    guard: Guard


class Agent:
    """A part of the program; opened last and closed first."""

    name = "decisions"

    def __init__(
        self,
        me: str,
        other: str,
        senses: Senses,
        hands: Hands,
        writing: Writing,
        *,
        wake: asyncio.Event,
        stop: Callable[[], None],
        timing: Timing,
        version: str = "",
        refused: Callable[[], dict[str, int]] = dict,
        forced: Path = FORCED,
        clock: Clock = boot_clock,
    ) -> None:
        self._me = me
        self._other = other
        self._senses = senses
        self._hands = hands
        self._writing = writing
        self._stop = stop
        self._timing = timing
        self._version = version
        self._refused = refused
        self._forced = forced
        self._clock = clock
        self._wake = wake
        self._leaving: asyncio.TimerHandle | None = None
        self._verdict = Verdict(started(clock(), timing), (), because(Why.STARTED))
        self._seen: Seen | None = None

    def meet(self, other: str) -> None:
        """Who the peer is from now on."""
        self._other = other

    # -- the part ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.leave)
        try:
            while True:
                self._wake.clear()
                self._turn()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), STEP_SECONDS)
        except Exception as error:
            log.exception("deciding failed")
            raise SystemExit(1) from error

    def leave(self) -> None:
        """Stop serving in order, give the lease back, then end the program; end it anyway after LEAVE_SECONDS."""
        if self._leaving is None:
            self._leaving = asyncio.get_running_loop().call_later(LEAVE_SECONDS, self._stop)
            self._wake.set()

    # -- seeing ------------------------------------------------------------------------------------------

    def _observe(self) -> Seen:
        senses = self._senses
        postgres, services = senses.postgres.seen(), senses.services.seen()
        return Seen(
            at=self._clock(),
            me=self._me,
            other=self._other,
            etcd=senses.keys.picture.etcd,
            lease=senses.leadership.seen(),
            peer=senses.peer.seen(),
            postgres=postgres,
            services=services,
            health=model.Health(
                fitness=fitness(senses.health.fitness(), postgres, services, gateway=senses.uplink.gateway),
                gateway=senses.uplink.gateway,
                disk_failed=senses.health.disk_failed(),
                address_held=senses.address.held(),
                address_conflict=senses.uplink.address_conflict,
                watchdog=senses.guard.seen(),
            ),
            forced=self._forced.exists(),
        )

    # -- deciding ----------------------------------------------------------------------------------------

    def _turn(self) -> None:
        for _ in range(MOST_DECISIONS):
            before, seen = self._verdict, self._observe()
            memory = before.memory
            if self._leaving is not None and self._left(seen):
                return
            if self._leaving is not None and memory.state in SERVING | {State.PROMOTE}:
                memory = step_down(memory, seen, Cause.SWITCHOVER, because(Why.LEAVING, self._other)).memory
            self._seen, self._verdict = seen, decide(memory, seen, self._timing)
            self._hands.carry_out(self._verdict.actions, Context(self._verdict.memory, seen))
            self._tell(before, seen)
            if self._verdict.memory.state is before.memory.state:
                return

    def _left(self, seen: Seen) -> bool:
        """Nothing of ours serves: the program may end."""
        state = self._verdict.memory.state
        is_free = state in QUIET and not seen.health.address_held and seen.postgres.role is not Role.PRIMARY
        if is_free or state is State.BOOT:
            self._senses.leadership.release()
            self._stop()
            return True
        return False

    def _tell(self, before: Verdict, seen: Seen) -> None:
        """Logs what is new, and tells everybody else."""
        verdict = self._verdict
        state, serves = verdict.memory.state, verdict.memory.state in SERVING
        if state is not before.memory.state:
            log.info("%s → %s: %s", before.memory.state, state, verdict.reason)
            if serves or state in {State.PROMOTE, State.DEMOTE}:
                self._writing.tell_stage(Stage(state, seen.at, now_ms(), verdict.reason.why.name))
            self._word_is_kept(seen)
        elif verdict.reason.why is not before.reason.why:
            log.info("%s: %s", state, verdict.reason)
            if state is State.PROMOTE:
                self._writing.tell_stage(Stage(state, seen.at, now_ms(), verdict.reason.why.name))
        if serves:
            self._writing.prune_history()
        if state is State.PROMOTE:
            self._senses.uplink.probe()  # the answer has to be there before the address is taken
        self._senses.peer.tell(
            fitness=seen.health.fitness,
            gateway=seen.health.gateway,
            able=seen.health.watchdog is not WatchdogState.MISSING,
            epoch=verdict.memory.epoch if serves else 0,
        )

    def _word_is_kept(self, seen: Seen) -> None:
        """Break-glass ends with the lease."""
        if seen.forced and seen.lease is not None and self._verdict.memory.state is State.ACTIVE:
            self._forced.unlink(missing_ok=True)

    # -- telling -----------------------------------------------------------------------------------------

    def status(self) -> Status | None:
        if self._seen is None:
            return None
        return status(
            self._verdict,
            self._seen,
            self._timing,
            wall_ms=now_ms(),
            version=self._version,
            lag_bytes=self._senses.postgres.lag_bytes(),
            refused=self._refused(),
            watchdog=self._senses.guard.view(),
        )

    def report(self) -> Report | None:
        own = self.status()
        return None if own is None else report(own, self._senses.keys.picture)


def fitness(machine: int, postgres: model.Postgres, services: model.Services, *, gateway: bool) -> int:
    """What the peer compares with its own."""
    ill = services.failed or (postgres.role is Role.DOWN and not postgres.busy)
    return max(0, machine - 20 * (not gateway) - 20 * ill)
