"""Beginnings of recordings in progress, fetched every few seconds: what is left of a talk when its box is gone.

Of a call that was cut the recordings program files the tail. Of one whose finished file only the other box has, a cut
version lies beside the file's place until that box is back.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from appliance.callcenter.prompts.audio import stereo_from_raw
from appliance.callcenter.replica import places, rules
from appliance.callcenter.replica.fetching import Fetcher
from appliance.callcenter.replica.model import MOST_NAMED, Filed, Spooled, State
from appliance.callcenter.replica.peer import NotThereError
from appliance.callcenter.replica.places import BadNameError, Folders
from appliance.disk import put_away

log = logging.getLogger(__name__)

type Rows = Mapping[str, Filed]


class Tails:
    def __init__(self, fetcher: Fetcher, folders: Folders) -> None:
        self._fetcher = fetcher
        self._folders = folders

    async def follow(self, active: State) -> None:
        """Bring them up to date. Raises PeerAwayError, OSError."""
        have = {one.id: one.size_bytes for one in await self._all()}
        wanted = {one.id: one.size_bytes for one in active.spool}
        for name, at in rules.to_tail(active.spool, have):
            try:
                await self._fetcher.tail(name, at, wanted[name])
            except NotThereError:
                continue  # it was filed meanwhile

    async def settled(self, besides: State | None = None) -> list[Spooled]:
        """Some of those that grow no more: not in the spool of the box that writes them."""
        growing = {one.id for one in besides.spool} if besides is not None else set()
        return [one for one in await self._all() if one.id not in growing][:MOST_NAMED]

    async def drop_done(self, tails: list[Spooled], rows: Rows) -> None:
        """On the standby."""
        await asyncio.to_thread(self._each, tails, rows, self._drop_if_done)

    async def save(self, tails: list[Spooled], rows: Rows) -> None:
        """On the box that took over."""
        await asyncio.to_thread(self._each, tails, rows, self._save_or_drop)

    async def _all(self) -> list[Spooled]:
        return await asyncio.to_thread(lambda: list(places.listed(self._folders.tails)))

    def _each(self, tails: list[Spooled], rows: Rows, do: Callable[[Spooled, Filed | None], None]) -> None:
        for tail in tails:
            try:
                do(tail, rows.get(tail.id))
            except (BadNameError, OSError) as error:
                log.warning("tail of recording %s: %s", tail.id, error)

    def _here(self, row: Filed | None) -> bool:
        if row is None or row.status != "ready":
            return False
        return places.size_of(self._folders.recording(row.file)) == row.size_bytes

    def _drop_if_done(self, tail: Spooled, row: Filed | None) -> None:
        if rules.tail_is_done(row, filed_here=self._here(row), quiet_ms=tail.quiet_ms):
            self._folders.tail(tail.id).unlink(missing_ok=True)

    def _save_or_drop(self, tail: Spooled, row: Filed | None) -> None:
        if row is None or row.status != "ready" or self._here(row):
            self._drop_if_done(tail, row)
        else:
            self._save(self._folders.tail(tail.id), row)

    def _save(self, tail: Path, row: Filed) -> None:
        """All of it may be there: then it is the recording itself."""
        cut = self._folders.cut(row.file)
        if places.size_of(cut) == rules.filed_bytes(tail.stat().st_size):
            return
        cut.parent.mkdir(parents=True, exist_ok=True)
        sound = stereo_from_raw(tail, cut)
        if sound.sha256 == row.sha256:
            put_away(cut, self._folders.recording(row.file))
            tail.unlink()
        log.info("recording %s: %d of %d bytes were saved", row.id, sound.size_bytes, row.size_bytes)
