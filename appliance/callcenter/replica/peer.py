"""The other box, as this one asks it for files."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Sequence

import aiohttp
import msgspec

from appliance.callcenter.replica.model import State
from appliance.callcenter.replica.places import BLOCK_BYTES

CONNECT_SECONDS, SILENCE_SECONDS = 2.0, 10.0
BYTES_PER_SECOND = 8 * 2**20
"""At most, so that catching up takes no network, disk or processor from calls."""
STATE_BYTES = 4 * 2**20


class PeerAwayError(Exception):
    """It does not answer, or not as expected: later again."""


class NotThereError(Exception):
    """It has no such file."""


class Throttle:
    """No more than so many bytes a second in the long run."""

    def __init__(self, bytes_per_second: int = BYTES_PER_SECOND) -> None:
        self._rate = bytes_per_second
        self._free_at = 0.0

    async def took(self, size_bytes: int) -> None:
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + size_bytes / self._rate
        await asyncio.sleep(self._free_at - now)


class Peer:
    """Asked at the address that answered last, then at the others."""

    def __init__(self, urls: Sequence[str], tls: ssl.SSLContext, throttle: Throttle) -> None:
        self._urls = list(urls)
        self._tls = tls
        self._throttle = throttle
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._tls, limit=2), timeout=timeout)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def state(self) -> State:
        """Raises PeerAwayError at every address."""
        for url in list(self._urls):
            try:
                said = await self._ask(f"{url}/state")
                found = msgspec.json.decode(said, type=State)
            except (OSError, TimeoutError, aiohttp.ClientError, msgspec.DecodeError) as error:
                trouble = PeerAwayError(f"{url}: {error or type(error).__name__}")
            else:
                self._urls.remove(url)
                self._urls.insert(0, url)
                return found
        raise trouble if self._urls else PeerAwayError("there is no other box")

    async def _ask(self, url: str) -> bytes:
        async with self._open.get(url) as answer:
            answer.raise_for_status()
            said = await answer.content.read(STATE_BYTES)
            while block := await answer.content.read(STATE_BYTES - len(said)):
                said += block
            return said

    async def read(self, path: str, at: int = 0) -> AsyncGenerator[bytes]:
        """Blocks from byte `at` on; none when there are no more. Raises NotThereError, PeerAwayError."""
        headers = {"Range": f"bytes={at}-"} if at else {}
        try:
            async with self._open.get(f"{self._url}/{path}", headers=headers) as answer:
                if answer.status == 416:
                    return
                if answer.status == 404:
                    raise NotThereError(path)
                if answer.status != (206 if at else 200):
                    raise PeerAwayError(f"{path}: {answer.status}")
                async for block in answer.content.iter_chunked(BLOCK_BYTES):
                    yield block
                    await self._throttle.took(len(block))
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise PeerAwayError(f"{path}: {error or type(error).__name__}") from error

    async def tell(self, path: str, message: msgspec.Struct) -> None:
        """Raises PeerAwayError also when it takes no such message now, because its role has changed."""
        try:
            async with self._open.post(f"{self._url}/{path}", data=msgspec.json.encode(message)) as answer:
                if answer.status != 204:
                    raise PeerAwayError(f"{path}: {answer.status}")
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise PeerAwayError(f"{path}: {error or type(error).__name__}") from error

    @property
    def _open(self) -> aiohttp.ClientSession:
        assert self._session is not None
        return self._session

    @property
    def _url(self) -> str:
        if not self._urls:
            raise PeerAwayError("there is no other box")
        return self._urls[0]
