"""How a box that was primary, or was away for too long, becomes a standby again: rewound, or cloned."""

import asyncio
import contextlib
import signal

import psycopg

from appliance.ha.decision.actions import RejoinWay
from appliance.ha.postgres import commands, folder, looking
from appliance.ha.postgres.configuration import conninfo, to_peer
from appliance.ha.postgres.errors import PostgresError
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.looking import PeerLook
from appliance.ha.postgres.observing import Lost, Observer
from appliance.ha.postgres.running import Running
from appliance.ha.postgres.server import Server, end, end_at_once, gone
from appliance.ha.postgres.session import session

REWIND_SECONDS = 900.0
CLONE_SECONDS = 12 * 3_600.0
SILENCE_SECONDS = 120.0
"""A tool that says nothing for so long is stuck."""
STOP_SECONDS = 3.0
CLEAN = frozenset({"shut down", "shut down in recovery"})


class Rejoining:
    def __init__(self, layout: Layout, ends: Ends, server: Server, observer: Observer, running: Running) -> None:
        self._layout, self._ends, self._server = layout, ends, server
        self._observer, self._running = observer, running
        self.failures = 0
        """In a row, while the peer was there to be followed."""
        self.unproven = False
        """Rejoined, and not yet seen to stream."""
        self.percent: int | None = None
        """How far a clone or rewind has got."""

    async def rejoin(self, way: RejoinWay) -> None:
        with folder.telling(self._layout):
            await asyncio.to_thread(folder.prepare_pair, self._layout, self._ends)
        peer = await self._primary()
        try:
            await self._stop()
            await self._made_like(peer, way)
            await self._running.start(standby=True)
        except PostgresError:
            with contextlib.suppress(PostgresError):
                await self._primary()
                self.failures += 1  # otherwise the peer's going away is reason enough
            raise
        finally:
            self.percent = None
        self._observer.lost, self.unproven = None, True

    def judge(self, *, streams: bool) -> None:
        """Whether the last rejoin was one."""
        if streams:
            self.failures, self.unproven = 0, False
        elif self.unproven and self._observer.lost is not None:
            self.failures, self.unproven = self.failures + 1, False

    async def _primary(self) -> PeerLook:
        try:
            async with session(looking.to_peer_server(self._layout, self._ends)) as connection:
                peer = await looking.ask_peer(connection)
        except (psycopg.Error, TimeoutError) as error:
            raise PostgresError(f"the peer's server does not answer: {str(error).strip()}") from error
        if not peer.primary:
            raise PostgresError("the peer is no primary")
        return peer

    async def _stop(self) -> None:
        """Cleanly if possible: pg_rewind wants that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await end(self._server, signal.SIGINT, self._layout.data)
                await gone(self._server)
        await end_at_once(self._server, self._layout.data)

    async def _made_like(self, peer: PeerLook, way: RejoinWay) -> None:
        """Rewound where that can help; otherwise cloned without wasting time on it."""
        layout = self._layout
        rewindable = (
            way is RejoinWay.REWIND
            and self._observer.lost in {None, Lost.DIVERGED}
            and not layout.mark.exists()
            and folder.exists(layout.data)
            and folder.system_identifier(layout.data) == peer.system
        )
        await (self._rewind() if rewindable else self._clone())

    async def _rewind(self) -> None:
        layout = self._layout
        clean = (await folder.control(layout))["Database cluster state"] in CLEAN
        with folder.telling(layout):
            await asyncio.to_thread(folder.set_mark, layout)
            if not clean:  # pg_rewind lets the server recover first, which is not possible for a standby
                await asyncio.to_thread(folder.clear_standby, layout)
        words = [layout.binary("pg_rewind"), "--target-pgdata", str(layout.data), "--progress"]
        words += ["--source-server", conninfo({**to_peer(layout, self._ends), "target_session_attrs": "primary"})]
        await self._run(words, REWIND_SECONDS)
        await self._finish()

    async def _clone(self) -> None:
        layout = self._layout
        await asyncio.to_thread(folder.remove, layout.clone)
        words = [layout.binary("pg_basebackup"), "--pgdata", str(layout.clone), "--checkpoint", "fast", "--progress"]
        words += ["--wal-method", "stream", "--no-password"]
        words += ["--dbname", conninfo({**to_peer(layout, self._ends), "target_session_attrs": "primary"})]
        try:
            await self._run(words, CLONE_SECONDS)
        except PostgresError:
            await asyncio.to_thread(folder.remove, layout.clone)
            raise
        with folder.telling(layout):
            await asyncio.to_thread(folder.set_mark, layout)
            await asyncio.to_thread(folder.swap, layout)
        await self._finish()

    async def _finish(self) -> None:
        """The signal first: what has been made must never be started as a primary."""
        await asyncio.to_thread(folder.prepare, self._layout, self._ends, standby=True)
        with folder.telling(self._layout):
            await asyncio.to_thread(folder.clear_mark, self._layout)

    async def _run(self, words: list[str], seconds: float) -> None:
        await commands.run(words, user=self._layout.user, seconds=seconds, silence=SILENCE_SECONDS, line=self._note)

    def _note(self, line: str) -> None:
        percent = commands.percent(line)
        self.percent = self.percent if percent is None else percent
