"""Memory that malloc keeps free goes back to the system.

The pieces between which small long-lived things lie are never given back by themselves: measured, 4 MiB in 5 minutes of
calls, while what is in use stays the same to a tenth.
"""

import asyncio
import ctypes

EVERY_SECONDS = 60.0


class HeapTrim:
    """A part of a program that runs for months. Each time takes about a millisecond (30 MiB of heap, glibc 2.41)."""

    name = "heap"

    async def open(self) -> None:
        self._trim = ctypes.CDLL(None).malloc_trim

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self._trim(0)

    async def close(self) -> None:
        pass
