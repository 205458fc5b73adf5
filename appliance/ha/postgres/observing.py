"""Looks at the server five times a second, and asks the peer when a standby does not stream."""

import asyncio
import contextlib
from collections.abc import Callable
from enum import StrEnum

import psycopg
from msgspec.structs import replace

from appliance.clock import boot_seconds
from appliance.ha.decision import model
from appliance.ha.decision.model import Role
from appliance.ha.decision.timing import Boottime
from appliance.ha.postgres import folder, looking
from appliance.ha.postgres.judging import Diary, Proof, judged, lag_bytes
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.looking import Look
from appliance.ha.postgres.server import Server
from appliance.ha.postgres.session import Session, open_session, session

LOOK_SECONDS = 0.2
FOLLOW_SECONDS = 0.5
RENEW_MS = 2_000
"""A connection is given up after this: whether new ones are accepted belongs to what is seen."""
STARTING = "the database system is"
"""How every refusal begins of a server that recovers, starts or stops (FATAL 57P03)."""


class Lost(StrEnum):
    """Why a standby cannot follow the primary."""

    DIVERGED = "it has what the primary does not have"
    BEHIND = "the primary no longer has what it would need"
    FOREIGN = "it is another database"


def boot_ms() -> Boottime:
    return int(boot_seconds() * 1_000)


class Observer:
    def __init__(self, layout: Layout, ends: Ends, server: Server, changed: Callable[[], None]) -> None:
        self._layout, self._ends, self._server, self._changed = layout, ends, server, changed
        self._session: Session | None = None
        self._opened_at: Boottime = 0
        self._alive = self._signal = False
        self._diary = Diary()
        self._looking = asyncio.Lock()
        self._last_seen = model.Postgres()
        self.look: Look | None = None
        self._looked_at: Boottime = 0
        self.silent_since: Boottime | None = None
        """Asked in vain since then, though it is there. That it starts is an answer; not to ask is no silence."""
        self.proof: Proof | None = None
        self.lost: Lost | None = None

    def seen(self) -> model.Postgres:
        """All but what is being done: that is the controller's."""
        return judged(
            self.look, self._looked_at, boot_ms(), self._diary, self.proof, alive=self._alive, signal=self._signal
        )

    def lag_bytes(self) -> int | None:
        return lag_bytes(self.look)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            tasks.create_task(self._follow())

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def look_now(self) -> None:
        """Returns when something has been seen that is newer than this call."""
        async with self._looking:
            await self._look()
        seen = replace(self.seen(), wal_received_at=None, oldest_wait_ms=0)  # what changes all the time is no news
        if seen != self._last_seen:
            self._last_seen = seen
            self._changed()

    async def _watch(self) -> None:
        while True:
            await self.look_now()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        self._alive, self._signal = self._server.alive(), folder.is_standby(self._layout.data)
        if not self._alive:
            self.look = self.silent_since = None
            await self.close()
            return
        asked_at = boot_ms()
        try:
            self.look = await looking.look(await self._connected(), self._ends)
        except (psycopg.Error, OSError) as error:
            first = self.silent_since or max(asked_at, boot_ms() - RENEW_MS)
            self.silent_since = None if STARTING in str(error) else first
            self.look = None
            await self.close()
            return
        self._looked_at, self.silent_since = boot_ms(), None
        self._diary.note(self.look, self._looked_at)
        if self.look.receiver == "streaming" or not self.look.recovering:
            self.lost = None

    async def _connected(self) -> Session:
        if self._session is not None and boot_ms() - self._opened_at > RENEW_MS:
            await self.close()
        if self._session is None:
            self._session = await open_session(looking.local(self._layout, self._ends.port))
            self._opened_at = boot_ms()
        return self._session

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            seen = self.seen()
            if self._ends.peer is None or seen.role is not Role.STANDBY or not seen.accepting or seen.streaming:
                continue
            with contextlib.suppress(psycopg.Error, OSError):
                await self._compare()

    async def _compare(self) -> None:
        """Our own position first: what the primary has by then, it had before."""
        system, here = await looking.where(self._layout, self._ends.port)
        async with session(looking.to_peer_server(self._layout, self._ends)) as peer:
            said = await looking.ask_peer(peer)
            if not said.primary:
                return
            if said.system != system:
                self.lost = Lost.FOREIGN
                return
            course = await looking.course_of(peer, said)
            if not course.goes_through(here):
                self.lost = Lost.DIVERGED
            else:
                self.lost = None if await looking.has_segment(peer, course, here) else Lost.BEHIND
