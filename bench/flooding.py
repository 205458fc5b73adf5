"""A program of another system gone mad: thousands of requests a second, and sockets without end, for some seconds.

Runs as a process of its own in its own network namespace: `python -m bench.flooding ADDRESS KEY SECONDS`; prints what
it got.
"""

import asyncio
import collections
import contextlib
import json
import os
import re
import ssl
import sys
from pathlib import Path

PIPES = 16
"""Connections over which requests are sent without waiting for answers (RFC 9112 9.3.2)."""
AT_ONCE = 20
REQUESTS_A_SECOND = 4000
SOCKET_OPENERS = 8
SOCKETS_EACH = 40

type Counted = collections.Counter[str]


def _insecure() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _request(line: str, address: str, key: str, body: str = "", *more: str) -> bytes:
    head = [f"{line} HTTP/1.1", f"Host: {address}", *more]
    head += [f"Authorization: Bearer {key}"] if key else []
    head += [f"Content-Length: {len(body)}", "Content-Type: application/json"] if body else []
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def _mixture(address: str, key: str) -> list[bytes]:
    """Dear ones and cheap ones, with a key, with a wrong one and without."""
    root = "/webcti/v1"
    busy = json.dumps({"agent": "1001", "cause": "meal"})
    return [
        _request(f"GET {root}/state", address, key),
        _request(f"POST {root}/verbs/busy", address, key, busy),
        _request(f"GET {root}/events", address, key),
        _request(f"GET {root}/calls", address, "hcc_0000000000_guess"),
        _request(f"GET {root}/agents", address, ""),
    ]


class Flood:
    def __init__(self, address: str, key: str, seconds: float) -> None:
        self._address, self._key = address, key
        self._until = asyncio.get_running_loop().time() + seconds
        self._context = _insecure()
        self.answers: Counted = collections.Counter()
        self.sockets: Counted = collections.Counter()

    @property
    def on(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(10):
            return await asyncio.open_connection(self._address, 443, ssl=self._context, limit=2**20)

    async def pour(self) -> None:
        """One connection: as many requests a second as its share, again when it is closed."""
        requests = b"".join(_mixture(self._address, self._key) * (AT_ONCE // 5))
        pause = AT_ONCE * PIPES / REQUESTS_A_SECOND
        while self.on:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                reader, writer = await self._open()
                counting = asyncio.create_task(self._count(reader))
                try:
                    while self.on and not counting.done():
                        writer.write(requests)
                        async with asyncio.timeout(5):
                            await writer.drain()
                        await asyncio.sleep(pause)
                finally:
                    counting.cancel()
                    writer.close()

    async def _count(self, reader: asyncio.StreamReader) -> None:
        """Answers by status, until the other side closes."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                self.answers[head[9:12]] += 1
                length = re.search(r"content-length: (\d+)", head)
                if length:
                    await reader.readexactly(int(length[1]))
                elif "transfer-encoding: chunked" in head:
                    await self._skip_chunks(reader)

    @staticmethod
    async def _skip_chunks(reader: asyncio.StreamReader) -> None:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()

    async def hoard_sockets(self) -> None:
        """Open event sockets and keep them, the oldest go when there are too many."""
        upgrade = _request(
            "GET /webcti/v1/events/ws", self._address, self._key, "", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )  # fmt: skip
        kept: list[tuple[asyncio.StreamWriter, asyncio.Task[None]]] = []
        while self.on:
            with contextlib.suppress(OSError, TimeoutError):
                reader, writer = await self._open()
                writer.write(upgrade)
                async with asyncio.timeout(5):
                    status = await reader.readline()
                self.sockets[status[9:12].decode()] += 1
                kept.append((writer, asyncio.create_task(self._swallow(reader))))
            if len(kept) > SOCKETS_EACH:
                _drop(*kept.pop(0))
            await asyncio.sleep(0.1)
        for one in kept:
            _drop(*one)

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while await reader.read(65536):
                pass


def _drop(writer: asyncio.StreamWriter, reading: asyncio.Task[None]) -> None:
    reading.cancel()
    writer.close()


async def main(address: str, key: str, seconds: float) -> None:
    flood = Flood(address, key, seconds)
    async with asyncio.TaskGroup() as group:
        for _ in range(PIPES):
            group.create_task(flood.pour())
        for _ in range(SOCKET_OPENERS):
            group.create_task(flood.hoard_sockets())
    print(json.dumps({"answers": flood.answers, "sockets": flood.sockets, "seconds": seconds}))


def step_behind() -> None:
    """On a site the attacker has a processor of its own: take only what nobody else on this machine wants."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    os.setsid()
    # Where the kernel groups processes by session, the class counts inside the group only.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")


if __name__ == "__main__":
    step_behind()
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
