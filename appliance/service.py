"""Long-running parts of a program and the one supervisor that opens, runs and closes them."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence
from typing import Protocol

from appliance import journal

log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0
RESTART_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class Part(Protocol):
    """Something that lives as long as its program."""

    name: str

    async def open(self) -> None: ...

    async def run(self) -> None:
        """Work until cancelled; an exception makes the supervisor open and run it again."""

    async def close(self) -> None: ...


class Supervisor:
    """Opens parts in order, runs them all, restarts what fails with back-off, closes in reverse order."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._stop = asyncio.Event()

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Until SIGTERM, SIGINT or `stop()`. A part that cannot be opened the first time ends the program."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        opened: list[Part] = []
        try:
            for part in self._parts:
                await part.open()
                opened.append(part)
            journal.notify("READY=1")
            await self._run_all()
        finally:
            journal.notify("STOPPING=1")
            for part in reversed(opened):
                await self._close(part)

    async def _run_all(self) -> None:
        tasks = [asyncio.create_task(self._keep(part), name=part.name) for part in self._parts]
        tasks.append(asyncio.create_task(self._pet_watchdog(), name="watchdog"))
        await self._stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, part: Part) -> None:
        failures = 0
        while True:
            try:
                await part.run()
                log.error("%s ended by itself", part.name)
            except Exception:
                log.exception("%s failed", part.name)
            await asyncio.sleep(RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)])
            failures += 1
            await self._close(part)
            with contextlib.suppress(Exception):
                await part.open()

    async def _pet_watchdog(self) -> None:
        seconds = journal.watchdog_seconds()
        while seconds is not None:
            journal.notify("WATCHDOG=1")
            await asyncio.sleep(seconds / 3)
        await asyncio.Event().wait()

    @staticmethod
    async def _close(part: Part) -> None:
        try:
            await asyncio.wait_for(part.close(), CLOSE_SECONDS)
        except TimeoutError:
            log.warning("%s did not close within %s s", part.name, CLOSE_SECONDS)
        except Exception:
            log.exception("closing %s failed", part.name)
