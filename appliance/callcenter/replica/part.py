"""The program's work: a look at the other box every second, and what follows from the roles of both."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.callcenter.replica import places, store
from appliance.callcenter.replica.active import Active
from appliance.callcenter.replica.fetching import Fetcher
from appliance.callcenter.replica.model import Copies, Names, OneCopy, State, StoreId
from appliance.callcenter.replica.peer import Peer, PeerAwayError
from appliance.callcenter.replica.places import Folders
from appliance.callcenter.replica.pulling import Puller
from appliance.callcenter.replica.serving import NotNowError
from appliance.callcenter.replica.standby import Standby
from appliance.callcenter.replica.tails import Tails
from appliance.db import Sessions
from appliance.ha.files_report import FilesView

log = logging.getLogger(__name__)

SELDOM = 5
"""Prompts and tails are looked at in every fifth round: every five seconds."""


@dataclass(frozen=True)
class Box:
    """`progress`: the file that tells others how far it is."""

    me: str
    peer: str
    is_active: Callable[[], bool]
    progress: Path
    round_seconds: float = 1.0


class Replica:
    """A part of the program; what the other box says is done by the role that this one has then."""

    name = "replica"

    def __init__(self, box: Box, folders: Folders, sessions: Sessions, peer: Peer) -> None:
        fetcher = Fetcher(peer, folders)
        tails = Tails(fetcher, folders)
        self._box = box
        self._folders = folders
        self._sessions = sessions
        self._peer = peer
        self._puller = Puller(fetcher, folders)
        self._active = Active(sessions, peer, self._puller, fetcher, tails, folders)
        self._standby = Standby(sessions, peer, self._puller, tails, folders)
        self._run = secrets.token_hex(8)
        self._store: StoreId = ""
        self._was_active = False
        self._rounds = 0
        self._one_copy = OneCopy(0, None)
        self._troubles: dict[str, str] = {}

    # -- the part --------------------------------------------------------------------------------------

    async def open(self) -> None:
        await asyncio.to_thread(self._folders.make)
        self._store = await asyncio.to_thread(self._folders.store_id)
        await self._peer.open()

    async def run(self) -> None:
        while True:
            more = await self.round()
            await asyncio.sleep(0 if more else self._box.round_seconds)

    async def close(self) -> None:
        await self._peer.close()

    async def round(self) -> bool:
        """One look; whether there is more to do at once."""
        active = await asyncio.to_thread(self._box.is_active)
        if active and not self._was_active:
            self._active.begin()
            self._rounds = 0
            log.info("this box is active: files are given, and what only the other box has is fetched back")
        self._was_active = active
        seldom = self._rounds % SELDOM == 0
        self._rounds += 1
        more = False
        if active and seldom:
            await self._try("saving tails", self._active.save_tails())
        if await self._try("the other box", self._look()) and self._seen is not None:
            more = await self._with(self._seen, active=active, seldom=seldom)
        if seldom:
            await self._try("progress", self._tell())
        return more

    async def _look(self) -> bool:
        self._seen = None
        self._seen = await self._peer.state()
        return True

    async def _with(self, other: State, *, active: bool, seldom: bool) -> bool:
        if seldom:
            await self._try("prompts", self._prompts())
        if active and not other.active:
            return await self._try("recordings", self._serve(other, seldom=seldom))
        if other.active and not active:
            if seldom:
                await self._try("recordings in progress", self._standby.tail(other))
                await self._try("deleted recordings", self._standby.bury())
            return await self._try("recordings", self._standby.follow(self._store))
        return False

    async def _serve(self, other: State, *, seldom: bool) -> bool:
        await self._active.know({self._box.me: self._store, self._box.peer: other.store})
        if seldom:
            await self._active.take_back(other)
        return await self._active.walk(other)

    async def _prompts(self) -> bool:
        async with self._sessions() as session:
            names = await store.prompt_files(session)
        await self._puller.prompts(names)
        return True

    async def _try(self, what: str, work: Awaitable[bool | None]) -> bool:
        """What it says; False when it cannot be done now, which is told when it begins and when it is over.

        No warning: that the other box or the database is away, others notice and tell.
        """
        try:
            more = bool(await work)
        except (PeerAwayError, SQLAlchemyError, OSError) as error:
            said = str(error).partition("\n")[0]
            if what not in self._troubles:
                log.info("%s: %s", what, said)
            self._troubles[what] = said
            return False
        if self._troubles.pop(what, None) is not None:
            log.info("%s: works again", what)
        return more

    async def _tell(self) -> None:
        async with self._sessions() as session:
            self._one_copy = await store.one_copy(session)
        troubles = (*self._troubles.values(), *self._puller.troubles.values())
        known = FilesView(clock.now_ms(), self._seen is not None, self._one_copy.count, self._one_copy.oldest, troubles)
        await asyncio.to_thread(_replace, self._box.progress, msgspec.json.encode(known))

    # -- what the other box says -----------------------------------------------------------------------

    async def state(self) -> State:
        active = await asyncio.to_thread(self._box.is_active)
        spool = await asyncio.to_thread(lambda: tuple(places.listed(self._folders.spool)))
        return State(self._run, self._store, active, spool)

    async def take_copies(self, copies: Copies) -> None:
        await self._only(active=True)
        await self._active.take_copies(copies)

    async def take_removed(self, names: Names) -> None:
        await self._only(active=True)
        await self._active.take_removed(names)

    async def drop_spooled(self, names: Names) -> None:
        await self._only(active=False)
        await asyncio.to_thread(self._standby.drop_spooled, names)

    async def _only(self, *, active: bool) -> None:
        if await asyncio.to_thread(self._box.is_active) is not active:
            raise NotNowError


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
