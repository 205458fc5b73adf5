"""What the PBX has to do, in order within one call, side by side between calls.

Asterisk does what comes over one connection in the order of coming. So a request whose answer nothing depends on need
not be waited for: the next one is sent behind it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from appliance.pbx.ari import AriError, AriGoneError, AriUnavailableError
from appliance.pbx.recorder import RecorderError

log = logging.getLogger(__name__)

type Command = Callable[[], Awaitable[None]]
type Failed = Callable[[Exception], None]


@dataclass(eq=False, slots=True)
class Line:
    """What one key still has before it, and what is under way for it."""

    waiting: deque[tuple[Command, Failed | None, bool]] = field(default_factory=deque)
    """With each, whether the next one may be begun before it is done."""
    worker: asyncio.Task[None] | None = None
    sent: set[asyncio.Task[None]] = field(default_factory=set)

    def tasks(self) -> list[asyncio.Task[None]]:
        return [*self.sent, *([self.worker] if self.worker is not None else [])]


class Commands:
    """A first-in-first-out line of commands for each key (a call's id)."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}

    def add(self, key: str, command: Command, failed: Failed | None = None) -> None:
        """Run `command` after everything added for `key` before. `failed` hears of a refusal by the PBX."""
        self._append(key, command, failed, ahead=False)

    def send(self, key: str, request: Command, failed: Failed | None = None) -> None:
        """The same for one request on whose answer nothing depends but `failed`.

        Where nothing is before it, it is sent before this returns; what is added later does not wait for the answer.
        """
        line = self._lines.setdefault(key, Line())
        if line.worker is None:
            self._begin(key, line, request, failed)
        else:
            self._append(key, request, failed, ahead=True)

    def _append(self, key: str, command: Command, failed: Failed | None, *, ahead: bool) -> None:
        line = self._lines.setdefault(key, Line())
        line.waiting.append((command, failed, ahead))
        if line.worker is None:
            line.worker = asyncio.create_task(self._work(key, line), name=f"commands {key}")

    @property
    def busy(self) -> frozenset[str]:
        """Keys for which something is queued or under way."""
        return frozenset(self._lines)

    async def drain(self, key: str) -> None:
        """Wait until everything added so far for `key` has been done."""
        line = self._lines.get(key)
        if line is not None and (tasks := line.tasks()):
            await asyncio.wait(tasks)

    async def close(self) -> None:
        tasks = [task for line in self._lines.values() for task in line.tasks()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lines.clear()

    async def _work(self, key: str, line: Line) -> None:
        try:
            while line.waiting:
                command, failed, ahead = line.waiting.popleft()
                if ahead:
                    self._begin(key, line, command, failed)
                else:
                    await self._run(key, command, failed)
        finally:
            line.worker = None
            self._forget(key, line)

    def _begin(self, key: str, line: Line, command: Command, failed: Failed | None) -> None:
        """Begun at once, for what begins later would be overtaken by what is begun after it."""
        loop = asyncio.get_running_loop()
        task = asyncio.Task(self._run(key, command, failed), loop=loop, eager_start=True)
        if task.done():
            self._forget(key, line)
        else:
            line.sent.add(task)
            task.add_done_callback(partial(self._done, key, line))

    def _done(self, key: str, line: Line, task: asyncio.Task[None]) -> None:
        line.sent.discard(task)
        self._forget(key, line)

    def _forget(self, key: str, line: Line) -> None:
        if not line.waiting and not line.tasks() and self._lines.get(key) is line:
            del self._lines[key]

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
