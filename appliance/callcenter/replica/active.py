"""The active box's side: counts copies, and gets back what only the other box has, after it took over from it."""

import asyncio
import logging

from appliance.callcenter.replica import places, rules, store
from appliance.callcenter.replica.fetching import Fetcher, WrongContentError
from appliance.callcenter.replica.model import MOST_NAMED, Copies, Copy, Filed, Names, Spooled, State, StoreId
from appliance.callcenter.replica.peer import NotThereError, Peer
from appliance.callcenter.replica.places import BadNameError, Folders
from appliance.callcenter.replica.pulling import Puller
from appliance.callcenter.replica.rules import Fate
from appliance.callcenter.replica.standby import remove
from appliance.callcenter.replica.tails import Tails
from appliance.db import Sessions

log = logging.getLogger(__name__)

WALK_BATCH = 200


class Active:
    """Methods raise PeerAwayError, SQLAlchemyError and OSError."""

    def __init__(
        self, sessions: Sessions, peer: Peer, puller: Puller, fetcher: Fetcher, tails: Tails, folders: Folders
    ) -> None:
        self._sessions = sessions
        self._peer = peer
        self._puller = puller
        self._fetcher = fetcher
        self._tails = tails
        self._folders = folders
        self._walked_for = ""
        self._below: str | None = None

    # -- what only the other box has -------------------------------------------------------------------

    async def walk(self, standby: State) -> bool:
        """Look through some of the recordings with one copy for those that are not here; whether there is more to do.

        Once for each run of the other box's program: nothing else brings files that are not here.
        """
        if self._walked_for == standby.run:
            return False
        async with self._sessions() as session:
            rows = await store.with_one_copy(session, WALK_BATCH, below=self._below)
        absent = [row for row in rows if not await asyncio.to_thread(self._is_here, row)]
        fetched = [Copy(row.id, row.sha256) for row in absent if await self._puller.recording(row)]
        async with self._sessions() as session, session.begin():
            await store.second_copies(session, fetched)
        if fetched:
            log.info("%d recordings came back from the other box", len(fetched))
        self._below = rows[-1].id if rows else None
        if not rows:
            self._walked_for = standby.run
        return bool(rows)

    def begin(self) -> None:
        """Called when the box has just become active."""
        self._walked_for, self._below = "", None

    def _is_here(self, row: Filed) -> bool:
        try:
            return places.size_of(self._folders.recording(row.file)) == row.size_bytes
        except BadNameError as error:
            log.warning("recording %s has a file of the name %s", row.id, error)
            return True

    async def take_back(self, standby: State) -> None:
        """What the other box wrote while it was active: fetched if there is more in it than we have, then dropped."""
        spool = standby.spool[:MOST_NAMED]
        async with self._sessions() as session:
            rows = await store.by_id(session, [one.id for one in spool])
        dropped = []
        for one in spool:
            match rules.fate(one, rows.get(one.id), here=await asyncio.to_thread(self._is_spooled, one)):
                case Fate.DROP:
                    dropped.append(one.id)
                case Fate.FETCH:
                    await self._take_back(one)
        if dropped:
            await self._peer.tell("drop", Names(tuple(dropped)))

    def _is_spooled(self, one: Spooled) -> bool:
        return self._folders.spooled(one.id).exists()

    async def _take_back(self, one: Spooled) -> None:
        try:
            await self._fetcher.spooled(one.id, one.size_bytes)
        except (NotThereError, WrongContentError) as error:
            log.info("recording %s does not come back yet: %s", one.id, error)
            return
        async with self._sessions() as session, session.begin():
            await store.file_again(session, one.id)
        log.info("recording %s: more of it came back from the other box", one.id)

    # -- what a dead box left --------------------------------------------------------------------------

    async def save_tails(self) -> None:
        tails = await self._tails.settled()
        async with self._sessions() as session:
            rows = await store.by_id(session, [one.id for one in tails])
        await self._tails.save(tails, rows)

    # -- copies ----------------------------------------------------------------------------------------

    async def know(self, stores: dict[str, StoreId]) -> None:
        """`stores`: of both boxes. Copies on a disk that was exchanged count no more."""
        async with self._sessions() as session:
            if await store.is_known(session, stores):
                return
        while True:
            async with self._sessions() as session, session.begin():
                if not await store.forget_second_copies(session):
                    await store.remember(session, stores)
                    return

    async def take_copies(self, copies: Copies) -> None:
        """The other box has these; that there are two copies now is written if ours is here, too."""
        async with self._sessions() as session, session.begin():
            rows = await store.by_id(session, [copy.id for copy in copies.copies])
            here = {key for key, row in rows.items() if await asyncio.to_thread(self._is_here, row)}
            await store.second_copies(session, [copy for copy in copies.copies if copy.id in here])

    async def take_removed(self, names: Names) -> None:
        async with self._sessions() as session, session.begin():
            rows = await store.by_id(session, names.ids)
            buried = [row for row in rows.values() if row.status == "deleted"]
            await store.gone_everywhere(session, await asyncio.to_thread(remove, self._folders, buried))
