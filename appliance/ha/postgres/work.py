"""One thing at a time: what is under way is not begun again, and whatever it is can be ended by something else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg

from appliance.ha.postgres.errors import PostgresError

log = logging.getLogger(__name__)

type Job = Callable[[], Awaitable[None]]


class Work:
    """Jobs on the database server. Failures are told once, and so is the end of a failure."""

    def __init__(self, finished: Job, starts: frozenset[str] = frozenset()) -> None:
        self._finished, self._starts = finished, starts
        """`finished` is awaited after each job, before the next may begin: what was done is then seen.

        What failed with one of `starts` is history as soon as another of them has worked.
        """
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        """What was replaced and has not ended yet."""
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
        if self._task is not None and not self._task.done():
            self._task.cancel()
            self._ending.add(self._task)
            self._task.add_done_callback(self._ending.discard)
        self.name = name
        self._task = asyncio.create_task(self._instead(name, job), name=f"postgres: {name}")

    async def end(self) -> None:
        tasks = self._ending | ({self._task} if self._task is not None else set())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _instead(self, name: str, job: Job) -> None:
        if self._ending:
            await asyncio.wait(set(self._ending))
        await self._carry_out(name, job)

    async def _carry_out(self, name: str, job: Job) -> None:
        try:
            await job()
        except (PostgresError, psycopg.Error, OSError) as error:  # TimeoutError is an OSError
            self._tell(name, " ".join(str(error).split()) or "no answer in time")
        except Exception as error:
            log.exception("database: %s failed", name)
            self.troubles[name] = repr(error)
        else:
            if self.troubles.pop(name, None):
                log.info("database: %s works again", name)
            if name in self._starts:
                for other in self._starts:
                    self.troubles.pop(other, None)
        await self._finished()

    def _tell(self, name: str, trouble: str) -> None:
        if self.troubles.get(name) != trouble:
            log.warning("database: %s failed: %s", name, trouble)
        self.troubles[name] = trouble
