"""How well this machine is, as far as neither database nor services tell."""

import asyncio
import contextlib
import errno
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from appliance.ha.agent.parts import Changed
from appliance.ha.agent.troubles import Troubles

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
SLOW_SECONDS = 5.0
FAILURES = 2
"""So many in a row are no accident."""
BROKEN = frozenset({errno.EIO, errno.EROFS, errno.ENODEV, errno.ENXIO})
"""Not ENOSPC or EDQUOT: the peer's disk is as full."""
MD = Path("/sys/block")
NAME = ".disk-check"


def degraded_arrays(folder: Path = MD) -> int:
    """Members missing in all md arrays of this machine."""
    missing = 0
    for file in folder.glob("md*/md/degraded"):
        with contextlib.suppress(OSError, ValueError):
            missing += int(file.read_text("ascii"))
    return missing


class MachineHealth:
    """A part of the agent. Writes a small file through to each disk every two seconds."""

    name = "health"

    def __init__(self, folders: Sequence[Path], changed: Changed) -> None:
        self._files = [folder / NAME for folder in folders]
        self._changed = changed
        self._failures = 0
        self._slow = False
        self._degraded = 0
        self._troubles = Troubles(log)

    def disk_failed(self) -> bool:
        return self._failures >= FAILURES

    def fitness(self) -> int:
        return 100 - 50 * self.disk_failed() - 10 * bool(self._degraded) - 10 * self._slow

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def run(self) -> None:
        while True:
            before = self.fitness()
            await self._look()
            if self.fitness() != before:
                self._changed()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        looking = asyncio.create_task(asyncio.to_thread(self._write_all))
        done, _ = await asyncio.wait({looking}, timeout=SLOW_SECONDS)
        self._slow = not done
        code = await looking
        self._degraded = await asyncio.to_thread(degraded_arrays)
        self._failures = self._failures + 1 if code in BROKEN else 0
        if code:
            self._troubles.fails("writing to the disk", os.strerror(code))
        else:
            self._troubles.works("writing to the disk")

    def _write_all(self) -> int:
        """The worst error's number, 0 for none."""
        codes = [_write(file) for file in self._files]
        return next((code for code in codes if code in BROKEN), next(filter(None, codes), 0))


def _write(file: Path) -> int:
    """The error's number, 0 for none; a folder that is not there yet is none."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(handle, b"still writable\n")
            os.fsync(handle)
        finally:
            os.close(handle)
    except FileNotFoundError:
        return 0
    except OSError as error:
        return error.errno or errno.EIO
    return 0
