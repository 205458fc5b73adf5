"""A connection to a server that may stand still: every use has a limit, and afterwards nothing is left waiting."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any, LiteralString

import psycopg
from psycopg import sql

SECONDS = 1.0
CONNECT_SECONDS = 2.0


def options(statement_ms: int = int(SECONDS * 1_000)) -> str:
    """Of a connection: the server gives a statement up by itself. 0: it does not."""
    return f"-c statement_timeout={statement_ms}"


class Session:
    """Raises psycopg.Error, or TimeoutError when nothing comes in time; then it cannot be used any more."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def row(
        self, query: LiteralString | sql.Composed, values: Mapping[str, object] | None = None, seconds: float = SECONDS
    ) -> tuple[Any, ...]:
        async def ask() -> tuple[Any, ...]:
            found = await (await self._connection.execute(query, values)).fetchone()
            assert found is not None
            return tuple(found)

        return await self._within(ask(), seconds)

    async def do(self, query: LiteralString | sql.Composed, seconds: float = SECONDS) -> None:
        await self._within(self._connection.execute(query), seconds)

    async def close(self) -> None:
        await self._connection.close()

    async def _within[T](self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """The limit holds for a server that is frozen, too: psycopg would wait for its answer to a cancellation."""
        task = asyncio.create_task(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
            if not done:
                raise TimeoutError
            return task.result()
        finally:
            if not task.done():
                self._hang_up()
                await asyncio.wait({task}, timeout=SECONDS)
                _ = task.done() and not task.cancelled() and task.exception()

    def _hang_up(self) -> None:
        with (
            contextlib.suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(self._connection.fileno())) as end,
        ):
            end.shutdown(socket.SHUT_RDWR)


async def open_session(text: str) -> Session:
    async with asyncio.timeout(CONNECT_SECONDS):
        return Session(await psycopg.AsyncConnection.connect(text, autocommit=True))


@contextlib.asynccontextmanager
async def session(text: str) -> AsyncIterator[Session]:
    """One that is closed afterwards."""
    opened = await open_session(text)
    try:
        yield opened
    finally:
        await opened.close()
