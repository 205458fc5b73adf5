"""Waiting for what nobody announces; the caller sets the limit."""

import asyncio
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.03


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await is_so():
            return
        await asyncio.sleep(POLL_SECONDS)
