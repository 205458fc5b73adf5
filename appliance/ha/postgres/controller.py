"""The database of a box of the pair: does what decisions wish, and tells what it sees. It decides nothing."""

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from appliance.ha.cluster_file import Cluster
from appliance.ha.decision import model
from appliance.ha.decision.actions import RejoinWay
from appliance.ha.decision.model import Role
from appliance.ha.postgres import folder
from appliance.ha.postgres.judging import needs_proof
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.observing import Observer, boot_ms
from appliance.ha.postgres.rejoining import Rejoining
from appliance.ha.postgres.running import Running
from appliance.ha.postgres.server import Server, UnitServer
from appliance.ha.postgres.work import Work

START, REJOIN, PROMOTION, RESTART = "start as standby", "rejoin", "promotion", "restart"
ADD, DROP, PROOF = "making commits wait", "letting commits go", "proof that commits wait"
SETTINGS = "settings of the pair"
KEEP_SECONDS = 1.0
SILENT_MS = 3_000
"""A server that is there and says nothing for so long stands still; before, it may be recovering by itself."""
HOPELESS_STARTS = 2
"""A standby whose server ended by itself so often has to be rejoined."""


class Postgres:
    """A long-running part (`appliance.service.Part`). Actions return at once; `seen()` never waits.

    Of actions only one is carried out at a time: while it is, all others but `stop` are ignored. It counts as under
    way until what has become of it is seen.
    """

    name = "postgres"

    def __init__(self, ends: Ends, server: Server | None = None, layout: Layout | None = None) -> None:
        self.changed: Callable[[], None] = _nothing
        self._layout, self._ends = layout or Layout(), ends
        self._server: Server = server or UnitServer()
        self._observer = Observer(self._layout, ends, self._server, self._tell_change)
        self._running = Running(self._layout, ends, self._server, self._observer)
        self._rejoining = Rejoining(self._layout, ends, self._server, self._observer, self._running)
        self._work = Work(self._finished, frozenset({START, REJOIN, PROMOTION, RESTART}))
        self._stopping_at_once = False
        self._unusable = False
        self._stale = False

    @classmethod
    def of(cls, cluster: Cluster) -> Postgres:
        """The box's own."""
        return cls(Ends.of(cluster))

    # -- life ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        await self._finished()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._observer.run())
            tasks.create_task(self._keep())

    async def close(self) -> None:
        """What is under way ends; the server, if it runs, goes on."""
        await self._work.end()
        await self._observer.close()

    # -- who else is there ---------------------------------------------------------------------------

    def meet(self, cluster: Cluster) -> None:
        """The peer has come, gone or changed: the server goes on, with what is different now."""
        self._ends.meet(cluster)
        self.refresh()

    def refresh(self) -> None:
        """Certificates may be new."""
        self._stale = True

    # -- what is seen ----------------------------------------------------------------------------------

    def seen(self) -> model.Postgres:
        seen = self._observer.seen()
        lost = self._observer.lost is not None or self._unusable
        return replace(
            seen,
            busy=self._work.busy,
            divergent=lost and seen.role is not Role.PRIMARY,
            rejoin_failures=self._rejoining.failures,
        )

    def lag_bytes(self) -> int | None:
        """As primary: what the peer lacks; as standby: what is received and not replayed. None: unknown."""
        return self._observer.lag_bytes()

    @property
    def doing(self) -> tuple[str, int | None] | None:
        """What is under way and, of a rewind or clone, how many percent are done. For people."""
        return (self._work.name or "", self._rejoining.percent) if self._work.busy else None

    @property
    def troubles(self) -> dict[str, str]:
        """What failed the last time it was tried, and why. For people."""
        return dict(self._work.troubles)

    # -- wishes ----------------------------------------------------------------------------------------

    def start_standby(self) -> None:
        if not self._server.alive():
            self._work.begin(START, lambda: self._running.start(standby=True))

    def rejoin(self, way: RejoinWay) -> None:
        if self._observer.seen().role is not Role.PRIMARY:
            self._work.begin(REJOIN, lambda: self._rejoining.rejoin(way))

    def clone(self) -> None:
        """Everything anew from the peer, which must be primary."""
        self.rejoin(RejoinWay.CLONE)

    def promote(self) -> None:
        if self._observer.seen().role is not Role.PRIMARY:
            self._work.begin(PROMOTION, self._running.promote)

    def restart(self) -> None:
        """Ignored while the server is recovering by itself: that is the quickest there is."""
        silent_since = self._observer.silent_since
        if not self._server.alive() or (silent_since is not None and boot_ms() - silent_since > SILENT_MS):
            self._work.begin(RESTART, self._running.restart)

    def set_sync_names(self, name: str | None) -> None:
        """Commits are let go at once, also while it is being proven that they wait: that takes as long as the disk."""
        if self._observer.seen().role is not Role.PRIMARY:
            return
        if name is not None:
            self._work.begin(ADD, lambda: self._running.set_sync_names(name))
        elif self._work.busy and self._work.name in {ADD, PROOF}:
            self._work.replace(DROP, lambda: self._running.set_sync_names(None))
        else:
            self._work.begin(DROP, lambda: self._running.set_sync_names(None))

    def stop(self, *, at_once: bool) -> None:
        """Ends whatever is under way. A planned stop that is under way gives way to one at once, never the reverse."""
        stopping = self._work.busy and self._work.name == "stop"
        if stopping and (self._stopping_at_once or not at_once):
            return
        if self._work.busy or self._server.alive():
            self._stopping_at_once = at_once
            self._work.replace("stop", self._running.stop_at_once if at_once else self._stop_planned)

    async def initialise(self) -> None:
        """A first box: a database is made unless there is one; a single box keeps its own. Raises PostgresError."""
        with folder.telling(self._layout):
            await asyncio.to_thread(folder.prepare_pair, self._layout, self._ends)
        await asyncio.to_thread(folder.make, self._layout)
        await self._finished()

    # -- behind it -------------------------------------------------------------------------------------

    async def _stop_planned(self) -> None:
        look = self._observer.look
        primary = look is not None and not look.recovering and look.sender == "streaming"
        await self._running.stop_planned()
        if primary:
            await self._running.wait_for_standby()

    async def _finished(self) -> None:
        layout = self._layout
        starts = self._running.failed_starts
        self._unusable = (
            starts >= HOPELESS_STARTS
            or await asyncio.to_thread(layout.mark.exists)
            or not await asyncio.to_thread(folder.exists, layout.data)
        )
        await self._observer.look_now()

    def _tell_change(self) -> None:
        self.changed()

    async def _keep(self) -> None:
        """What has to be so while nothing else is under way."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            look = self._observer.look
            self._rejoining.judge(streams=self._observer.seen().streaming)
            if look is None or self._work.busy:
                continue
            if self._stale:
                self._work.begin(SETTINGS, self._take_settings)
            elif needs_proof(look, self._ends.peer, self._observer.proof):
                self._work.begin(PROOF, self._prove)
            elif not look.recovering and look.slot in {None, "lost"} and self._ends.peer is not None:
                self._work.begin("slot", self._running.equip)
            elif look.recovering and look.idle_slots:
                self._work.begin("slot", self._running.drop_slots)

    async def _take_settings(self) -> None:
        self._stale = False
        try:
            await self._running.take_settings()
        except BaseException:
            self._stale = True
            raise

    async def _prove(self) -> None:
        await self._running.prove(self._ends.peer or "")


def _nothing() -> None:
    pass
