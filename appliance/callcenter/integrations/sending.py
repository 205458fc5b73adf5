"""Sending one event to a webhook: signed, never to ourselves, never following elsewhere."""

import base64
import errno
import hashlib
import hmac
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from appliance.callcenter.integrations import rules
from appliance.callcenter.integrations.model import Webhook

SEND_SECONDS = 10
ANSWER_BYTES = 1024


class ForbiddenTargetError(OSError):
    """The address is one to which nothing may be sent."""


@dataclass(frozen=True)
class Sent:
    """How it went: the HTTP status, or None and why there was no answer."""

    status: int | None
    text: str
    milliseconds: int

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class GuardedResolver(AbstractResolver):
    """Hosts that may be sent to; looked at when connecting, so that a name cannot change its meaning in between."""

    def __init__(self, *, public: Callable[[], bool]) -> None:
        self._public = public
        self._plain = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._plain.resolve(host, port, family)
        allowed = [one for one in found if rules.may_be_target(one["host"], public=self._public())]
        if not allowed:
            raise ForbiddenTargetError(errno.EACCES, f"nothing may be sent to {host}")
        return allowed

    async def close(self) -> None:
        await self._plain.close()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, with the bytes behind `whsec_`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


class Sender:
    """One for all webhooks of a program; connections are kept for a while."""

    def __init__(self, *, public: Callable[[], bool]) -> None:
        self._public = public
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=GuardedResolver(public=self._public), limit=32),
                timeout=aiohttp.ClientTimeout(total=SEND_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, webhook: Webhook, message_id: str, body: str) -> Sent:
        """Never raises: what went wrong is told as text."""
        started = time.monotonic()
        try:
            status, text = await self._post(webhook, message_id, body.encode())
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            status, text = None, str(error) or type(error).__name__
        return Sent(status, text[:200], round((time.monotonic() - started) * 1000))

    async def _post(self, webhook: Webhook, message_id: str, body: bytes) -> tuple[int, str]:
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "hcc-webhook",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(webhook.secret, message_id, timestamp, body),
        }
        host = rules.host_of(webhook.url)
        if rules.parse_address(host) is not None and not rules.may_be_target(host, public=self._public()):
            raise ForbiddenTargetError(errno.EACCES, f"nothing may be sent to {host}")
        async with self._open().post(
            webhook.url, data=body, headers=headers, ssl=webhook.verify_tls, allow_redirects=False
        ) as response:
            await response.content.read(ANSWER_BYTES)
            return response.status, f"HTTP {response.status}"
