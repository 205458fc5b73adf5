"""Fetching what this box lacks, whichever role it has; what goes wrong with one file does not stop the others."""

import asyncio
import logging

from appliance.callcenter.replica import places
from appliance.callcenter.replica.fetching import Fetcher, WrongContentError
from appliance.callcenter.replica.model import Filed
from appliance.callcenter.replica.peer import NotThereError
from appliance.callcenter.replica.places import BadNameError, Folders, FullError
from appliance.callcenter.replica.resting import Resting

log = logging.getLogger(__name__)

ABSENT_SECONDS, WRONG_SECONDS, FULL_SECONDS = 30.0, 60.0, 5.0


class Puller:
    """`troubles` holds what is wrong now, one sentence each."""

    def __init__(self, fetcher: Fetcher, folders: Folders) -> None:
        self.resting = Resting()
        self.troubles: dict[str, str] = {}
        self._fetcher = fetcher
        self._folders = folders

    async def recording(self, row: Filed) -> bool:
        """Whether it lies here now, verified. Raises PeerAwayError."""
        try:
            if not await self._fetcher.has(row):
                await self._fetcher.recording(row)
        except NotThereError:
            self.resting.rest(row.id, ABSENT_SECONDS)
            return False
        except (BadNameError, WrongContentError, OSError) as error:
            self._failed(row.id, error)
            return False
        self._works(row.id)
        return True

    async def prompts(self, names: list[str]) -> None:
        """Those that are not here yet. Raises PeerAwayError."""
        resting = self.resting.now()
        for name in names:
            if name in resting:
                continue
            try:
                if await asyncio.to_thread(places.size_of, self._folders.prompt(name)) is None:
                    await self._fetcher.prompt(name)
                    log.info("prompt %s followed", name)
            except NotThereError:
                self.resting.rest(name, ABSENT_SECONDS)
            except (BadNameError, WrongContentError, OSError) as error:
                self._failed(name, error)
            else:
                self._works(name)

    def _failed(self, name: str, error: Exception) -> None:
        """Told when it begins; a full disk is one trouble, not one for each file."""
        full = isinstance(error, FullError)
        self.resting.rest(name, FULL_SECONDS if full else WRONG_SECONDS)
        what = "disk" if full else name
        if what not in self.troubles:
            log.warning("%s does not follow: %s", name, error)
        self.troubles[what] = str(error)

    def _works(self, name: str) -> None:
        if self.troubles.pop(name, None) or self.troubles.pop("disk", None):
            log.info("%s has followed", name)
