"""In-process publishing: one producer, many bounded subscribers, nobody can slow the producer down."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


class Subscription[T]:
    """A bounded queue of messages. When it overflows it is closed: the subscriber must start anew."""

    def __init__(self, limit: int) -> None:
        self._queue: asyncio.Queue[T] = asyncio.Queue(limit)
        self.overflowed = asyncio.Event()

    def put(self, message: T) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.overflowed.set()

    async def get(self) -> T:
        return await self._queue.get()

    def drain(self) -> list[T]:
        """Everything that waits right now."""
        messages: list[T] = []
        while not self._queue.empty():
            messages.append(self._queue.get_nowait())
        return messages


class Publisher[T]:
    """Hands each message to all present subscribers."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription[T]] = set()

    def publish(self, message: T) -> None:
        for subscription in self._subscriptions:
            subscription.put(message)

    @contextmanager
    def subscribe(self, limit: int = 1000) -> Iterator[Subscription[T]]:
        subscription = Subscription[T](limit)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
