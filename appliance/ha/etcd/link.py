"""Requests to a cluster of etcd: which endpoint, how long, known by which token, and what an error means.

Endpoints stand in order of preference (one's own machine first). Whoever fails rests for a while and is asked last.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import msgspec

from appliance.clock import boot_seconds
from appliance.ha.etcd import gateway
from appliance.ha.etcd.errors import (
    EtcdOutcomeUnknownError,
    EtcdPermissionError,
    EtcdRefusedError,
    EtcdUnavailableError,
)
from appliance.ha.etcd.gateway import Answer, Method, NotDoneError, TokenRefusedError, UnclearError
from appliance.secret import Secret

ROUND_PAUSE_SECONDS = 0.05
LEAST_TRY_SECONDS = 0.05
"""Less would blame an endpoint for the caller's haste, or leave a write in doubt."""
READ_BYTES = 2**16


@dataclass(frozen=True)
class Certificates:
    """Who we are and whom we trust; PEM files."""

    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Access:
    """Where etcd is and how it knows us. Without `user` no token is asked for."""

    endpoints: Sequence[str]
    certificates: Certificates | None = None
    user: str = ""
    password: Secret = field(default_factory=Secret)
    request_seconds: float = 1.65
    """A third of the lease's time: how long a request may take in all."""
    try_seconds: float = 0.55
    """A ninth of it: how long one endpoint may take."""
    rest_seconds: Sequence[float] = (1.0, 2.0, 4.0, 8.0)
    """How long an endpoint is asked last after its first failure, its second, …"""


class Endpoint:
    """One of the cluster's addresses and how it did lately."""

    def __init__(self, url: str, rest_seconds: Sequence[float]) -> None:
        self.url = url.rstrip("/")
        self._rest_seconds = rest_seconds
        self._failures = 0
        self.rests_until = 0.0

    def answered(self) -> None:
        self._failures, self.rests_until = 0, 0.0

    def failed(self, now: float) -> None:
        self.rests_until = now + self._rest_seconds[min(self._failures, len(self._rest_seconds) - 1)]
        self._failures += 1

    def rests(self, now: float) -> bool:
        return now < self.rests_until


class Time:
    """How long a request may still take, on the loop's clock."""

    def __init__(self, deadline: float, try_seconds: float) -> None:
        self._deadline = deadline
        self._try_seconds = try_seconds

    def left(self) -> float:
        return self._deadline - asyncio.get_running_loop().time()

    def of_one_try(self) -> float:
        return max(0.0, min(self.left(), self._try_seconds))


class Link:
    """Sends requests; knows nothing of what they are about."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._endpoints = [Endpoint(url, access.rest_seconds) for url in access.endpoints]
        self._tls: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self._token_lock = asyncio.Lock()
        self._tokenless = not access.user

    async def open(self) -> None:
        self.load_certificates()
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(_mark_connected)
        trace.on_connection_reuseconn.append(_mark_connected)
        connector = aiohttp.TCPConnector(ssl=self._tls if self._tls is not None else True, limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector, trace_configs=[trace], timeout=aiohttp.ClientTimeout(total=None)
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def load_certificates(self) -> None:
        """Read the files (again): connections made from now on use them. Raises OSError or ssl.SSLError."""
        files = self._access.certificates
        if files is None:
            return
        if self._tls is None:
            self._tls = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(files.authority))
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        else:
            self._tls.load_verify_locations(cafile=str(files.authority))
        self._tls.load_cert_chain(files.certificate, files.key)

    def use(self, urls: Sequence[str]) -> None:
        """These members from now on; how those did that were there already stays known."""
        known = {endpoint.url: endpoint for endpoint in self._endpoints}
        asked = [Endpoint(url, self._access.rest_seconds) for url in urls]
        self._endpoints = [known.get(endpoint.url, endpoint) for endpoint in asked]

    @property
    def urls(self) -> list[str]:
        return [endpoint.url for endpoint in self._endpoints]

    @property
    def request_seconds(self) -> float:
        return self._access.request_seconds

    def order(self) -> list[Endpoint]:
        """Whom to ask first: those that do not rest, as they were given; then the others."""
        now = asyncio.get_running_loop().time()
        return sorted(self._endpoints, key=lambda one: one.rests_until if one.rests(now) else 0.0)

    def is_resting(self, url: str) -> bool:
        now = asyncio.get_running_loop().time()
        return any(one.rests(now) for one in self._endpoints if one.url == url)

    # -- one answer --------------------------------------------------------------------------------

    async def ask[T](
        self,
        method: Method[T],
        request: object,
        *,
        seconds: float | None = None,
        try_seconds: float | None = None,
        only: str | None = None,
    ) -> Answer[T]:
        """Ask one endpoint after the other (or `only` that one) until one answers or the time is over.

        Raises EtcdUnavailableError (certainly not carried out, or harmless to repeat), EtcdOutcomeUnknownError
        (only methods that must not be repeated), or the error that etcd answered.
        """
        allowed = self._access.request_seconds if seconds is None else seconds
        time = Time(asyncio.get_running_loop().time() + allowed, try_seconds or self._access.try_seconds)
        body, reason = msgspec.json.encode(request), ""
        while True:
            for endpoint in self.order() if only is None else self._exactly(only):
                if time.left() < LEAST_TRY_SECONDS:
                    raise EtcdUnavailableError(f"{method.path}: no answer in time; {reason}")
                try:
                    return await self._try(endpoint, method, body, time)
                except (NotDoneError, UnclearError) as error:
                    reason = f"{endpoint.url}: {error}"
                    endpoint.failed(asyncio.get_running_loop().time())
                    if isinstance(error, UnclearError) and not method.repeatable:
                        raise EtcdOutcomeUnknownError(f"{method.path}: {reason}") from error
            await asyncio.sleep(ROUND_PAUSE_SECONDS)

    def _exactly(self, url: str) -> list[Endpoint]:
        return [one for one in self._endpoints if one.url == url] or [Endpoint(url, self._access.rest_seconds)]

    async def _try[T](self, endpoint: Endpoint, method: Method[T], body: bytes, time: Time) -> Answer[T]:
        """One endpoint, at most twice: the second time with a new token."""
        for _ in range(2):
            token = await self._token_from(endpoint, time)
            sent_at = boot_seconds()
            try:
                reply = await self._post(endpoint, method, body, token, time.of_one_try())
            except TokenRefusedError as error:
                self._drop_token(token, error)
                continue
            endpoint.answered()
            return Answer(reply, endpoint.url, sent_at)
        raise NotDoneError("the token was refused twice")

    async def _post[T](self, endpoint: Endpoint, method: Method[T], body: bytes, token: str, seconds: float) -> T:
        mark = SimpleNamespace(connected=False)
        try:
            async with asyncio.timeout(seconds), self._request(endpoint, method, body, token, mark) as answer:
                status, content = answer.status, await answer.read()
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            kind = UnclearError if mark.connected else NotDoneError
            raise kind(_describe(error)) from error
        return method.read(status, content)

    def _request(self, endpoint: Endpoint, method: Method[Any], body: bytes, token: str, mark: SimpleNamespace) -> Any:
        if self._session is None:
            raise NotDoneError("the client is closed")
        headers = {"Content-Type": "application/json"}
        if method.needs_leader:
            headers["Grpc-Metadata-Hasleader"] = "true"
        if token:
            headers["Authorization"] = token
        url = f"{endpoint.url}/v3/{method.path}"
        return self._session.post(url, data=body, headers=headers, trace_request_ctx=mark)

    # -- many answers ------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def stream[T](
        self, method: Method[T], request: object, *, only: str | None = None
    ) -> AsyncIterator[tuple[str, AsyncGenerator[T]]]:
        """`async with link.stream(…) as (url, replies)`: the first endpoint that begins to answer.

        Raises EtcdUnavailableError when none does; `replies` raises it too, when the connection is lost.
        """
        body, reasons = msgspec.json.encode(request), [""]
        async with contextlib.AsyncExitStack() as stack:
            for endpoint in self.order() if only is None else self._exactly(only):
                try:
                    answer = await self._begin(stack, endpoint, method, body)
                except (NotDoneError, UnclearError) as error:
                    reasons.append(f"{endpoint.url}: {error}")
                    endpoint.failed(asyncio.get_running_loop().time())
                    continue
                replies = self._replies(endpoint, method, answer)
                stack.push_async_callback(replies.aclose)
                yield endpoint.url, replies
                return
        raise EtcdUnavailableError(f"{method.path}: {reasons[-1]}")

    async def _begin(
        self, stack: contextlib.AsyncExitStack, endpoint: Endpoint, method: Method[Any], body: bytes
    ) -> aiohttp.ClientResponse:
        mark = SimpleNamespace(connected=False)
        time = Time(asyncio.get_running_loop().time() + self._access.request_seconds, self._access.try_seconds)
        token = await self._token_from(endpoint, time)
        try:
            async with asyncio.timeout(time.of_one_try()):
                request = self._request(endpoint, method, body, token, mark)
                answer: aiohttp.ClientResponse = await stack.enter_async_context(request)
                if answer.status != 200:
                    method.read(answer.status, await answer.read())
        except TokenRefusedError as error:
            self._drop_token(token, error)
            raise NotDoneError(str(error)) from error
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise NotDoneError(_describe(error)) from error
        endpoint.answered()
        return answer

    async def _replies[T](
        self, endpoint: Endpoint, method: Method[T], answer: aiohttp.ClientResponse
    ) -> AsyncGenerator[T]:
        rest = bytearray()
        try:
            async for piece in answer.content.iter_chunked(READ_BYTES):
                rest += piece
                *lines, tail = rest.split(b"\n") if b"\n" in piece else (rest,)
                for line in lines:
                    yield method.read_line(bytes(line))
                rest = bytearray(tail)
            if rest.strip():
                yield method.read_line(bytes(rest))
        except (NotDoneError, UnclearError, TokenRefusedError, OSError, TimeoutError, aiohttp.ClientError) as error:
            endpoint.failed(asyncio.get_running_loop().time())
            raise EtcdUnavailableError(f"{method.path}: {endpoint.url}: {_describe(error)}") from error

    # -- the token ---------------------------------------------------------------------------------

    async def _token_from(self, endpoint: Endpoint, time: Time) -> str:
        """The token; got from `endpoint` if there is none. Checking a password is slow on purpose: twice the time."""
        try:
            async with asyncio.timeout(2 * time.of_one_try()), self._token_lock:
                if not self._token and not self._tokenless:
                    await self._authenticate(endpoint, 2 * time.of_one_try())
                return self._token
        except (TimeoutError, UnclearError) as error:
            raise NotDoneError(f"no token: {_describe(error)}") from error

    async def _authenticate(self, endpoint: Endpoint, seconds: float) -> None:
        body = msgspec.json.encode({"name": self._access.user, "password": self._access.password.reveal()})
        try:
            self._token = (await self._post(endpoint, gateway.AUTHENTICATE, body, "", seconds)).token
        except EtcdRefusedError as error:
            if "authentication is not enabled" not in error.text:
                raise
            self._tokenless = True

    def _drop_token(self, refused: str, error: TokenRefusedError) -> None:
        """The next request gets another one. Raises EtcdPermissionError if we are nobody."""
        if not self._access.user:
            raise EtcdPermissionError(str(error)) from error
        self._tokenless = False
        if self._token == refused:
            self._token = ""

    def drop_token(self) -> None:
        """For streams, whose refusal comes as a message."""
        self._tokenless, self._token = not self._access.user, ""


async def _mark_connected(_session: object, context: SimpleNamespace, _parameters: object) -> None:
    """From here on bytes of the request may reach etcd."""
    context.trace_request_ctx.connected = True


def _describe(error: Exception) -> str:
    return str(error) or type(error).__name__
