"""Runs in the box: `python - KEY ROUNDS`. The same operations by WebCTI and by Asterisk's own HTTP interface, in turn.

Each is timed until it is done: where Asterisk tells of it, until the event is at an observer; else until the answer.
Between two there is a pause, as there is between what people do. Prints times in ms by operation and side, as JSON.
"""

import asyncio
import base64
import contextlib
import itertools
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
AGENT, PHONE = "1001", "8001"
OTHER_AGENT, OTHER = "1080", "8080"
"""Signed out, so that the telephone is nobody's: else that agent would be the one who holds."""
PAUSE_SECONDS = 0.02
TALK_SECONDS = 1.0
"""The telephones hang up after 2.5 s."""
MOST_SECONDS = 5.0

DIAL = "dial, until the own phone's channel is made"
MUTE = "mute on or off, until answered"
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
    def __init__(
        self,
        session: aiohttp.ClientSession,
        verbs: aiohttp.ClientWebSocketResponse,
        key: str,
        secret: dict[str, str],
    ) -> None:
        self._verbs, self._numbers = verbs, itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._session, self._key, self._secret = session, {"Authorization": f"Bearer {key}"}, secret
        self._waiting: list[tuple[Wanted, asyncio.Future[Event]]] = []
        self.over: list[str] = []
        """Why talks were not ended by the measurement."""
        self.times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    async def observe_little(self) -> None:
        """Else telling us of everything else, and our reading it, would be a part of what is measured."""
        path = f"{ARI}/applications/bench/eventFilter"
        wanted = {"allowed": [{"type": kind} for kind in ("ChannelCreated", "ChannelDestroyed")]}
        async with self._session.put(path, json=wanted, headers=self._secret) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()

    async def observe(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            event = json.loads(message.data)
            for wanted, future in self._waiting:
                if not future.done() and "channel" in event and wanted(event):
                    future.set_result(event)
            self._waiting = [(wanted, future) for wanted, future in self._waiting if not future.done()]

    async def hear_answers(self) -> None:
        async for message in self._verbs:
            frame = json.loads(message.data)
            if frame["type"] == "answer":
                self._answers.pop(frame["id"]).set_result(frame)

    def event(self, wanted: Wanted) -> asyncio.Future[Event]:
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        return future

    async def ari(self, method: str, path: str) -> Any:
        async with self._session.request(method, f"{ARI}/{path}", headers=self._secret) as answer:
            text = await answer.text()
            if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_CONTENT}:
                raise TalkOverError(f"{method} {path} {text}")
            assert answer.status < 300, (method, path, answer.status, text)
            return json.loads(text) if text else None

    async def verb(self, name: str, base: str = DESK, **arguments: object) -> None:
        body = {"agent": AGENT} | arguments
        async with self._session.post(f"{base}/verbs/{name}", json=body, headers=self._key, ssl=False) as answer:
            text = await answer.text()
            if answer.status == HTTPStatus.CONFLICT:
                raise TalkOverError(f"{name} {text}")
            assert answer.status == 200, (name, text)

    async def wish(self, name: str, **arguments: object) -> None:
        """The same over the websocket."""
        number = next(self._numbers)
        self._answers[number] = future = asyncio.get_running_loop().create_future()
        await self._verbs.send_json({"id": number, "verb": name, "agent": AGENT, "arguments": arguments})
        answer = await future
        if not answer["ok"]:
            raise TalkOverError(f"{name} {answer['error']}")

    async def by(self, side: str, name: str, **arguments: object) -> None:
        await (self.wish(name, **arguments) if side == "socket" else self.verb(name, **arguments))

    async def timed(self, name: str, side: str, doing: Awaitable[object], *done: asyncio.Future[Event]) -> None:
        started = time.perf_counter()
        await doing
        if done:
            try:
                await asyncio.wait_for(asyncio.gather(*done), MOST_SECONDS)
            except TimeoutError:
                raise TimeoutError(f"{name}, {side}") from None
        self.times[name][side].append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)

    async def in_talk(self, side: str) -> None:
        """One call of the agent's: what is done in a talk, as often as its time allows, then hanging up.

        She dials and hangs up by `side`: a request ("webcti") or the websocket ("socket").
        """
        begun = self.event(made(f"PJSIP/{PHONE}-"))
        other = self.event(made(f"PJSIP/{OTHER}-"))
        await self.timed(DIAL, side, self.by(side, "dial", number=OTHER), begun)
        agent, customer = (await begun)["channel"]["id"], (await asyncio.wait_for(other, MOST_SECONDS))["channel"]["id"]
        try:
            await self._in_talk(side, agent, customer)
        except (TalkOverError, TimeoutError) as error:
            self.over.append(f"{type(error).__name__} {error}")
            with contextlib.suppress(TalkOverError):
                await self.verb("hang_up")
        if await self._state("ready", "wrap_up", "busy", "not_answering") != "ready":
            with contextlib.suppress(TalkOverError):
                await self.verb("wrap_up", business_type="enquiry", outcome="resolved")
            await self.verb("ready")
            await self._state("ready")

    async def _in_talk(self, side: str, agent: str, customer: str) -> None:
        await self._state("talking", "ready", "wrap_up")
        await self._bridged(agent, customer)
        until = time.monotonic() + TALK_SECONDS
        while time.monotonic() < until:
            await self.once(agent)
        gone = self.event(about("ChannelDestroyed", agent))
        await self.timed(HANG_UP, side, self.by(side, "hang_up"), gone)

    async def _bridged(self, *channels: str) -> None:
        async with asyncio.timeout(MOST_SECONDS):
            while True:
                if any(set(channels) <= set(bridge["channels"]) for bridge in await self.ari("GET", "bridges")):
                    return
                await asyncio.sleep(0.02)

    async def once(self, agent: str) -> None:
        for on, method in ((True, "POST"), (False, "DELETE")):
            await self.timed(MUTE, "webcti", self.verb("mute", on=on))
            await self.timed(MUTE, "socket", self.wish("mute", on=not on))
            await self.timed(MUTE, "ari", self.ari(method, f"channels/{agent}/mute?direction=in"))
            await self.timed(MUTE, "door", self.verb("mute", DOOR, on=on))

    async def bare_call(self) -> None:
        """Two telephones in a bridge, as in ours; one request ends the own one's part."""
        begun = self.event(made(f"PJSIP/{PHONE}-"))
        path = "channels?endpoint=PJSIP/{}&app=bench&timeout=10"
        await self.timed(DIAL, "ari", self.ari("POST", path.format(PHONE)), begun)
        channel = (await begun)["channel"]["id"]
        other = (await self.ari("POST", path.format(OTHER)))["id"]
        bridge = (await self.ari("POST", "bridges?type=mixing"))["id"]
        await self._up(channel, other)
        await self.ari("POST", f"bridges/{bridge}/addChannel?channel={channel},{other}")
        await self._bridged(channel, other)
        await asyncio.sleep(PAUSE_SECONDS)
        gone = self.event(about("ChannelDestroyed", channel))
        await self.timed(HANG_UP, "ari", self.ari("DELETE", f"channels/{channel}"), gone)
        await self.ari("DELETE", f"channels/{other}")
        await self.ari("DELETE", f"bridges/{bridge}")

    async def _up(self, *channels: str) -> None:
        """Wait until they were answered, and are the application's."""
        async with asyncio.timeout(MOST_SECONDS):
            while True:
                known = await self.ari("GET", "channels")
                if all(one["state"] == "Up" for one in known if one["id"] in channels):
                    return
                await asyncio.sleep(0.02)

    async def _state(self, *wanted: str) -> str:
        """Wait until the agent is in one of these states; which."""
        state = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOST_SECONDS):
                while state not in wanted:
                    await asyncio.sleep(0.02)
                    async with self._session.get(f"{DESK}/agents/{AGENT}", headers=self._key) as answer:
                        state = str((await answer.json())["state"])
        assert state in wanted, f"the agent is {state}, not {wanted}"
        return state


async def main(key: str, rounds: int, secret: str) -> None:
    proof = {"Authorization": "Basic " + base64.b64encode(f"hcc:{secret}".encode()).decode()}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{ARI}/events?app=bench&subscribeAll=true", headers=proof) as socket,
        session.ws_connect(f"{DESK}/events/ws?types=none", headers={"Authorization": f"Bearer {key}"}) as verbs,
    ):
        comparison = Comparison(session, verbs, key, proof)
        await comparison.observe_little()
        hearing = [asyncio.create_task(one) for one in (comparison.observe(socket), comparison.hear_answers())]
        await comparison.verb("sign_out", agent=OTHER_AGENT)
        for _ in range(rounds):
            for side in ("webcti", "socket"):
                await comparison.in_talk(side)
                await comparison.bare_call()
        await comparison.verb("sign_in", agent=OTHER_AGENT, phone="sip")
        await comparison.verb("ready", agent=OTHER_AGENT)
        for task in hearing:
            task.cancel()
        print(json.dumps({"times": comparison.times, "over": comparison.over}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path("/run/hcc/ari.secret").read_text().strip()))
