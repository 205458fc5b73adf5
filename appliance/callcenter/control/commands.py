"""What the PBX has to do, in order within one call, side by side between calls."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from appliance.pbx.ari import AriError, AriGoneError, AriUnavailableError
from appliance.pbx.recorder import RecorderError

log = logging.getLogger(__name__)

type Command = Callable[[], Awaitable[None]]
type Failed = Callable[[Exception], None]


class Commands:
    """A first-in-first-out line of commands for each key (a call's id)."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[tuple[Command, Failed | None]]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    def add(self, key: str, command: Command, failed: Failed | None = None) -> None:
        """Run `command` after everything added for `key` before. `failed` hears of a refusal by the PBX."""
        line = self._lines.setdefault(key, deque())
        line.append((command, failed))
        if key not in self._workers:
            self._workers[key] = asyncio.create_task(self._work(key, line), name=f"commands {key}")

    @property
    def busy(self) -> frozenset[str]:
        """Keys for which something is queued or under way."""
        return frozenset(self._workers)

    async def drain(self, key: str) -> None:
        """Wait until everything added so far for `key` has been done."""
        worker = self._workers.get(key)
        if worker is not None:
            await asyncio.shield(worker)

    async def close(self) -> None:
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._lines.clear()
        self._workers.clear()

    async def _work(self, key: str, line: deque[tuple[Command, Failed | None]]) -> None:
        try:
            while line:
                command, failed = line.popleft()
                await self._run(key, command, failed)
        finally:
            self._lines.pop(key, None)
            self._workers.pop(key, None)

    @staticmethod
    async def _run(key: str, command: Command, failed: Failed | None) -> None:
        try:
            await command()
        except (AriError, RecorderError) as error:
            if failed is not None:
                failed(error)
            elif not isinstance(error, (AriGoneError, AriUnavailableError)):
                log.warning("call %s: %s", key, error)
        except Exception:
            log.exception("call %s", key)
