"""One thing at a time: what is under way is not begun again, and whatever it is can be ended by something else."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import psycopg

from appliance.ha.postgres.errors import PostgresError

log = logging.getLogger(__name__)

type Job = Callable[[], Awaitable[None]]


class Work:
    """Jobs on the database server. Failures are told once, and so is the end of a failure."""

    def __init__(self, finished: Job) -> None:
        self._finished = finished
        """Is awaited after each job, before the next may begin: what was done is then seen."""
        self._task: asyncio.Task[None] | None = None
        self.name: str | None = None
        self.troubles: dict[str, str] = {}
        """What failed the last time, by job."""

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def begin(self, name: str, job: Job) -> bool:
        """False, and nothing happens, while anything is under way."""
        if self.busy:
            return False
        self.name = name
        self._task = asyncio.create_task(self._carry_out(name, job), name=f"postgres: {name}")
        return True

    def replace(self, name: str, job: Job) -> None:
        """End what is under way, and do this instead."""
        old, self.name = self._task, name
        self._task = asyncio.create_task(self._instead(old, name, job), name=f"postgres: {name}")

    async def end(self) -> None:
        if self._task is not None:
            await _ended(self._task)

    async def _instead(self, old: asyncio.Task[None] | None, name: str, job: Job) -> None:
        if old is not None:
            await _ended(old)
        await self._carry_out(name, job)

    async def _carry_out(self, name: str, job: Job) -> None:
        try:
            await job()
        except (PostgresError, psycopg.Error, OSError) as error:  # TimeoutError is an OSError
            self._tell(name, " ".join(str(error).split()) or "no answer in time")
        else:
            if self.troubles.pop(name, None):
                log.info("database: %s works again", name)
        await self._finished()

    def _tell(self, name: str, trouble: str) -> None:
        if self.troubles.get(name) != trouble:
            log.warning("database: %s failed: %s", name, trouble)
        self.troubles[name] = trouble


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait({task})
