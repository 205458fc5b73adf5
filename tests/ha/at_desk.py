"""An agent at her page, as the pair's clients see a fail-over: the socket is lost, comes back, and says what she is."""

import asyncio
import contextlib
import time

import aiohttp

from appliance.clock import boot_ms
from tests.desk_client import DeskClient
from tests.ha.outside import Observer
from tests.sip.waiting import TooLateError

BEAT_SECONDS, PING_SECONDS, PONG_SECONDS = 0.2, 5.0, 4.0
BACK_OFF_SECONDS = (0.2, 0.4, 0.8, 1.5, 3.0)
"""As the page itself has it (islands/socket.js), but that it looks once a second only."""
OPEN_SECONDS = 10.0


class AtDesk(Observer):
    """Stays at the desktop, comes back by the page's own rules, and notes each time when."""

    def __init__(self, service: str, token: str, *, state: str, cause: str) -> None:
        super().__init__()
        self._client = DeskClient(service, token)
        self._wanted = {"state": state, "cause": cause}
        self.back: list[int] = []
        """When a picture came (BOOTTIME ms); the first is the beginning."""
        self.lost: list[int] = []
        """When she noticed that the connection is lost."""
        self.heard = 0
        """When anything came last."""
        self.changed: list[str] = []
        """Pictures in which she is not what she was."""

    def _run(self) -> None:
        asyncio.run(self._stay())

    async def _stay(self) -> None:
        while not self._ended.is_set():
            await self._come_back()
            await self._until_lost()
        await self._client.disconnect()

    async def _come_back(self) -> None:
        failures = 0
        while not self._ended.is_set():
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, TooLateError, RuntimeError):
                await self._client.connect(OPEN_SECONDS / 3)
                self._see()
                return
            await self._client.disconnect()
            await asyncio.sleep(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])
            failures += 1

    def _see(self) -> None:
        me = self._client.me
        self.heard = boot_ms()
        self.back.append(self.heard)
        is_as_wanted = all(me.get(name) == value for name, value in self._wanted.items())
        if not is_as_wanted:
            self.changed.append(str({name: me.get(name) for name in self._wanted}))

    async def _until_lost(self) -> None:
        """Asks every five seconds whether anybody is there, and waits four for the answer."""
        client, asked = self._client, 0.0
        while not self._ended.is_set() and client.closed_with is None:
            await asyncio.sleep(BEAT_SECONDS)
            heard = client.seen[-1].at if client.seen else 0.0
            if heard:
                self.heard = boot_ms() - round((time.monotonic() - heard) * 1000)
            now, unanswered = time.monotonic(), heard < asked
            if unanswered and now - asked > PONG_SECONDS:
                break
            if not unanswered and now - asked >= PING_SECONDS:
                client.seen.clear()
                asked = now
                with contextlib.suppress(ConnectionError, RuntimeError):
                    await client.send_raw('{"ping": 1}')
        self.lost.append(boot_ms())
        await client.disconnect()
