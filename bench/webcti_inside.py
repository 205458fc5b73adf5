"""Runs in the box: `python - KEY ROUNDS`. The same operations by WebCTI and by Asterisk's own HTTP interface, in turn.

Each is timed until it is done: where Asterisk tells of it, until the event is at an observer; else until the answer.
Between two there is a pause, as there is between what people do. Prints times in ms by operation and side, as JSON.
"""

import asyncio
import base64
import contextlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

ARI = "http://127.0.0.1:8088/ari"
DESK = "http://127.0.0.1:8701/webcti/v1"
DOOR = "https://127.0.0.1/webcti/v1"
"""Through nginx and TLS."""
AGENT, PHONE, OTHER = "1001", "8001", "8002"
PAUSE_SECONDS = 0.02
TALK_SECONDS = 1.0
"""The telephones hang up after 2.5 s."""
MOST_SECONDS = 5.0

DIAL = "dial, until the own phone's channel is made"
MUTE = "mute on or off, until answered"
HOLD = "hold, until the caller has left the talk"
RETRIEVE = "retrieve, until the caller is back"
HANG_UP = "hang up, until the own phone's channel is gone"

type Event = dict[str, Any]
type Wanted = Callable[[Event], bool]


def about(kind: str, channel: str) -> Wanted:
    return lambda event: event["type"] == kind and event["channel"]["id"] == channel


def made(endpoint: str) -> Wanted:
    return lambda event: event["type"] == "ChannelCreated" and event["channel"]["name"].startswith(endpoint)


class TalkOverError(Exception):
    """The telephones have hung up meanwhile: a busy machine."""


class Comparison:
    def __init__(self, session: aiohttp.ClientSession, key: str, secret: dict[str, str]) -> None:
        self._session, self._key, self._secret = session, {"Authorization": f"Bearer {key}"}, secret
        self._waiting: list[tuple[Wanted, asyncio.Future[Event]]] = []
        self.times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    async def observe(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            event = json.loads(message.data)
            for wanted, future in self._waiting:
                if not future.done() and "channel" in event and wanted(event):
                    future.set_result(event)
            self._waiting = [(wanted, future) for wanted, future in self._waiting if not future.done()]

    def event(self, wanted: Wanted) -> asyncio.Future[Event]:
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        return future

    async def ari(self, method: str, path: str) -> Any:
        async with self._session.request(method, f"{ARI}/{path}", headers=self._secret) as answer:
            text = await answer.text()
            if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_CONTENT}:
                raise TalkOverError(path)
            assert answer.status < 300, (method, path, answer.status, text)
            return json.loads(text) if text else None

    async def verb(self, name: str, base: str = DESK, **arguments: object) -> None:
        body = {"agent": AGENT, **arguments}
        async with self._session.post(f"{base}/verbs/{name}", json=body, headers=self._key, ssl=False) as answer:
            text = await answer.text()
            if answer.status == HTTPStatus.CONFLICT:
                raise TalkOverError(name)
            assert answer.status == 200, (name, text)

    async def timed(self, name: str, side: str, doing: Awaitable[object], *done: asyncio.Future[Event]) -> None:
        started = time.perf_counter()
        await doing
        if done:
            await asyncio.wait_for(asyncio.gather(*done), MOST_SECONDS)
        self.times[name][side].append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)

    async def in_talk(self) -> None:
        """One call of the agent's: what is done in a talk, as often as its time allows, then hanging up."""
        begun = self.event(made(f"PJSIP/{PHONE}-"))
        other = self.event(made(f"PJSIP/{OTHER}-"))
        await self.timed(DIAL, "webcti", self.verb("dial", number=OTHER), begun)
        agent, customer = (await begun)["channel"]["id"], (await asyncio.wait_for(other, MOST_SECONDS))["channel"]["id"]
        with contextlib.suppress(TalkOverError, TimeoutError):
            await self._in_talk(agent, customer)
        await self._state("ready")

    async def _in_talk(self, agent: str, customer: str) -> None:
        await self._state("talking")
        bridge = await self._bridge_of(agent, customer)
        until = time.monotonic() + TALK_SECONDS
        while time.monotonic() < until:
            await self.once(bridge, agent, customer)
        gone = self.event(about("ChannelDestroyed", agent))
        await self.timed(HANG_UP, "webcti", self.verb("hang_up"), gone)

    async def _bridge_of(self, *channels: str) -> str:
        async with asyncio.timeout(MOST_SECONDS):
            while True:
                for bridge in await self.ari("GET", "bridges"):
                    if set(channels) <= set(bridge["channels"]):
                        return str(bridge["id"])
                await asyncio.sleep(0.02)

    async def once(self, bridge: str, agent: str, customer: str) -> None:
        for on, method in ((True, "POST"), (False, "DELETE")):
            await self.timed(MUTE, "webcti", self.verb("mute", on=on))
            await self.timed(MUTE, "ari", self.ari(method, f"channels/{agent}/mute?direction=in"))
            await self.timed(MUTE, "door", self.verb("mute", DOOR, on=on))
        await self.timed(HOLD, "webcti", self.verb("hold"), self.event(about("ChannelLeftBridge", customer)))
        await self.timed(RETRIEVE, "webcti", self.verb("unhold"), self.event(about("ChannelEnteredBridge", customer)))
        left = self.event(about("ChannelLeftBridge", customer))
        await self.timed(HOLD, "ari", self._hold(bridge, customer), left)
        entered = self.event(about("ChannelEnteredBridge", customer))
        await self.timed(RETRIEVE, "ari", self._unhold(bridge, customer), entered)

    async def _hold(self, bridge: str, channel: str) -> None:
        await self.ari("POST", f"bridges/{bridge}/removeChannel?channel={channel}")
        await self.ari("POST", f"channels/{channel}/moh")

    async def _unhold(self, bridge: str, channel: str) -> None:
        await self.ari("DELETE", f"channels/{channel}/moh")
        await self.ari("POST", f"bridges/{bridge}/addChannel?channel={channel}")

    async def bare_call(self) -> None:
        begun = self.event(made(f"PJSIP/{PHONE}-"))
        path = f"channels?endpoint=PJSIP/{PHONE}&app=bench&timeout=10"
        await self.timed(DIAL, "ari", self.ari("POST", path), begun)
        channel = (await begun)["channel"]["id"]
        await asyncio.sleep(0.3)
        gone = self.event(about("ChannelDestroyed", channel))
        hang_up = self.ari("DELETE", f"channels/{channel}")
        await self.timed(HANG_UP, "ari", hang_up, gone)

    async def _state(self, wanted: str) -> None:
        async with asyncio.timeout(MOST_SECONDS):
            while True:
                async with self._session.get(f"{DESK}/agents/{AGENT}", headers=self._key) as answer:
                    if (await answer.json())["state"] == wanted:
                        return
                await asyncio.sleep(0.02)


async def main(key: str, rounds: int, secret: str) -> None:
    proof = {"Authorization": "Basic " + base64.b64encode(f"hcc:{secret}".encode()).decode()}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{ARI}/events?app=bench&subscribeAll=true", headers=proof) as socket,
    ):
        comparison = Comparison(session, key, proof)
        observing = asyncio.create_task(comparison.observe(socket))
        for _ in range(rounds):
            await comparison.in_talk()
            await comparison.bare_call()
        observing.cancel()
        print(json.dumps(comparison.times))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path("/run/hcc/ari.secret").read_text().strip()))
