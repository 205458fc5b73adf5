"""The hardware watchdog of a box in a test: a FIFO as device; neither fed nor stopped in time, it pulls the plug."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import override

from appliance.clock import boot_ms
from appliance.ha.address.watchdog import KernelDevice

SECONDS, LOOK_SECONDS = 4, 0.05


class FifoDevice(KernelDevice):
    """As the agent sees it: the kernel's, but that it cannot be asked for its time. Opening it starts it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.pet()

    @override
    def set_timeout(self, seconds: int) -> int:
        return min(seconds, SECONDS)


class Hardware:
    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._until = 0
        self._task: asyncio.Task[None] | None = None
        self.fired: list[int] = []
        """When (BOOTTIME ms)."""

    @property
    def counts(self) -> bool:
        return bool(self._until)

    def power_on(self, reset: Callable[[], None]) -> None:
        self._until = 0
        self._hear()
        self._task = asyncio.create_task(self._count(reset))

    def power_off(self) -> None:
        self._until = 0
        if self._task is not None:
            self._task.cancel()

    async def _count(self, reset: Callable[[], None]) -> None:
        while not self._until or boot_ms() < self._until:
            said = self._hear()
            if said:
                self._until = 0 if said.endswith(b"V") else boot_ms() + SECONDS * 1_000
            await asyncio.sleep(LOOK_SECONDS)
        self.fired.append(boot_ms())
        reset()

    def _hear(self) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(self._handle, 4096)
        return b""

    def close(self) -> None:
        self.power_off()
        os.close(self._handle)
