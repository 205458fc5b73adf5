"""The standby's side: what is finished is fetched and reported, what is in progress is tailed, what is deleted goes."""

import asyncio
import logging

from appliance.callcenter.replica import store
from appliance.callcenter.replica.model import Copies, Copy, Filed, Names, State, StoreId
from appliance.callcenter.replica.peer import Peer
from appliance.callcenter.replica.places import BadNameError, Folders
from appliance.callcenter.replica.pulling import Puller
from appliance.callcenter.replica.tails import Tails
from appliance.db import Sessions

log = logging.getLogger(__name__)

BATCH, DELETED_BATCH = 20, 200
REPORTED_SECONDS = 5.0
"""How long a report is given to come back by way of the database."""


class Standby:
    """Each method raises PeerAwayError, SQLAlchemyError and OSError."""

    def __init__(self, sessions: Sessions, peer: Peer, puller: Puller, tails: Tails, folders: Folders) -> None:
        self._sessions = sessions
        self._peer = peer
        self._puller = puller
        self._tails = tails
        self._folders = folders

    async def follow(self, own: StoreId) -> bool:
        """Fetch some of what is finished; whether there may be more."""
        resting = self._puller.resting
        async with self._sessions() as session:
            rows = await store.with_one_copy(session, BATCH, besides=resting.now())
        verified = [Copy(row.id, row.sha256) for row in rows if await self._puller.recording(row)]
        if verified:
            await self._peer.tell("copies", Copies(own, tuple(verified)))
            for copy in verified:
                resting.rest(copy.id, REPORTED_SECONDS)
        return bool(verified)

    async def tail(self, active: State) -> None:
        await self._tails.follow(active)
        settled = await self._tails.settled(active)
        async with self._sessions() as session:
            rows = await store.by_id(session, [one.id for one in settled])
        await self._tails.drop_done(settled, rows)

    async def bury(self) -> None:
        async with self._sessions() as session:
            rows = await store.deleted(session, DELETED_BATCH)
        gone = await asyncio.to_thread(remove, self._folders, rows)
        if gone:
            await self._peer.tell("removed", Names(tuple(gone)))

    def drop_spooled(self, names: Names) -> None:
        """What this box had written when it was active itself, and the other one has whole."""
        for name in names.ids:
            self._folders.spooled(name).unlink(missing_ok=True)
        log.info("%d recordings of an earlier time are filed on the other box", len(names.ids))


def remove(folders: Folders, rows: list[Filed]) -> list[str]:
    """Take the files of deleted recordings away; the ids of those that are gone."""
    gone = []
    for row in rows:
        try:
            folders.remove(row)
        except (BadNameError, OSError) as error:
            log.warning("recording %s cannot be removed: %s", row.id, error)
        else:
            gone.append(row.id)
    return gone
