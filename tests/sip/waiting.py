"""Waiting for something to become true: with a deadline, never for a fixed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


class TooLateError(AssertionError):
    """What was waited for did not happen in time."""


async def until[T](
    look: Callable[[], T | Awaitable[T]], seconds: float, what: str, *, pause_seconds: float = 0.05
) -> T:
    """The first true result of `look`, asked again and again. Raises TooLateError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        value: T = await found if inspect.isawaitable(found) else found
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TooLateError(f"not within {seconds:g} s: {what} (last: {value!r})")
        await asyncio.sleep(pause_seconds)
