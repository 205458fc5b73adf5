"""Waiting for something to become true: with a deadline, never for a fixed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

PATIENCE = 3
"""A limit says what is usual and only ends a test that would hang: a busy machine may take so many times as long."""


def limit(seconds: float) -> float:
    """When, on the monotonic clock, what usually takes `seconds` is too late (s)."""
    return time.monotonic() + PATIENCE * seconds


class TooLateError(AssertionError):
    """What was waited for did not happen in time."""


async def until[T](
    look: Callable[[], T | Awaitable[T]], seconds: float, what: str, *, pause_seconds: float = 0.05
) -> T:
    """The first true result of `look`, asked again and again. Raises TooLateError long after `seconds`.

    What takes long to look at (sound is compared) is looked at less often: telephones need the processor more.
    """
    deadline = limit(seconds)
    while True:
        began = time.monotonic()
        found = look()
        value: T = await found if inspect.isawaitable(found) else found
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TooLateError(f"not within {PATIENCE} x {seconds:g} s: {what} (last: {value!r})")
        await asyncio.sleep(max(pause_seconds, time.monotonic() - began))
