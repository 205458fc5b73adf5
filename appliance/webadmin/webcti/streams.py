"""Events in three ways: asked for again and again, as a stream of server-sent events, over a websocket."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable
from typing import Any

import msgspec
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from appliance.callcenter.integrations.model import Filter, Scope
from appliance.callcenter.integrations.service import EVENTS_AT_ONCE, Missed, WebCti
from appliance.errors import InvalidError
from appliance.webadmin.webcti.formats import Document
from appliance.webadmin.webcti.handler import ApiHandler
from appliance.webadmin.webcti.socket_verbs import SocketVerbs

HEARTBEAT_SECONDS = 15.0
SEND_SECONDS = 10.0
LONGEST_WAIT = 60
TOLD_AT_ONCE = 20
"""Events for one reader, before others have their turn."""
HIGHEST_SEQ = 2**62

CLOSE_REFUSED, CLOSE_KEY_ENDED = 4403, 4401


class EventHandler(ApiHandler):
    """Someone who wants events: from which place, and which of them."""

    def place(self) -> int | None:
        """The number of the last event that the client has; None = begin with the state as it is."""
        return self.whole("since", HIGHEST_SEQ)

    def wanted(self) -> Filter:
        """Raises a UserError when the key does not allow it."""
        self.webcti.require(self.caller, Scope.EVENTS)
        agents, queues, types = (self.word(name).replace(",", " ").split() for name in ("agents", "queues", "types"))
        if len(agents) + len(queues) + len(types) > 500:
            raise InvalidError
        return self.webcti.filter(self.caller, frozenset(agents), frozenset(queues), tuple(types))

    async def picture(self, kind: str) -> tuple[int, str]:
        """The state as one message, its place in the log; `kind` is `snapshot`, or `resync` when events are lost."""
        await self.webcti.share.turn()
        with self.webcti.share.spending():
            sees = Scope.READ in self.caller.scopes
            seq, state = self.webcti.pictures.of(self.caller) if sees else (self.webcti.seq, "null")
            return seq, f'{{"seq":{seq},"type":"{kind}","data":{{"state":{state}}}}}'

    def still_valid(self) -> bool:
        """Whether the key that opened the stream has not been taken away, or its secret replaced."""
        return self.webcti.keyring.knows(self.caller.key)


class EventList(EventHandler):
    """Ask, wait up to `wait` seconds, get what happened, ask again with the `seq` of the answer."""

    async def get(self) -> None:
        wanted, place = self.wanted(), self.place()
        wait = self.whole("wait", LONGEST_WAIT) or 0
        limit = self.whole("limit", EVENTS_AT_ONCE) or EVENTS_AT_ONCE
        with self.webcti.listening(self.caller):
            missed = None if place is None else await self._missed(place, wanted, limit, wait)
        await self.webcti.share.turn()
        with self.webcti.share.spending():
            self.answer(self._document(missed, wanted))

    def _document(self, missed: Missed | None, wanted: Filter) -> Document:
        if missed is None:
            return {"seq": self.webcti.seq, "resync": False, "events": [], "state": self._state()}
        events = [msgspec.json.decode(wanted.text(event)) for event in missed.events]
        document: Document = {"seq": missed.seq, "resync": missed.resync, "events": events}
        return document | ({"state": self._state()} if missed.resync else {})

    async def _missed(self, place: int, wanted: Filter, limit: int, wait: int) -> Missed:
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            missed = await self.webcti.missed(place, wanted, limit)
            left = deadline - asyncio.get_running_loop().time()
            if missed.events or missed.resync or (left <= 0 and missed.seq == self.webcti.seq):
                return missed
            if left <= 0 and missed.seq > place:
                return missed
            place = missed.seq
            await self.webcti.wait(place, left)

    def _state(self) -> Document | None:
        return self.webcti.state(self.caller) if Scope.READ in self.caller.scopes else None


class EventStream(EventHandler):
    """Server-sent events (HTML standard 9.2); `Last-Event-ID` or `since` says where to go on."""

    def place(self) -> int | None:
        last = self.request.headers.get("Last-Event-ID", "")
        return int(last) if last.isascii() and last.isdigit() and len(last) <= 18 else super().place()

    async def get(self) -> None:
        wanted, place = self.wanted(), self.place()
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")
        self._closed = asyncio.current_task()
        with self.webcti.listening(self.caller), contextlib.suppress(StreamClosedError, TimeoutError):
            await self._follow(wanted, place)

    def on_connection_close(self) -> None:
        if self._closed is not None:
            self._closed.cancel()

    async def _follow(self, wanted: Filter, place: int | None) -> None:
        await self._send(": webcti\nretry: 1000\n\n")
        seq = place or 0
        if place is None:
            seq, picture = await self.picture("snapshot")
            await self._send(_sse(seq, "snapshot", picture))
        while self.still_valid():
            missed = await self.webcti.missed(seq, wanted)
            seq = missed.seq
            if missed.resync:
                seq, picture = await self.picture("resync")
                await self._send(_sse(seq, "resync", picture))
            elif missed.events:
                await self._send("".join(_sse(event.seq, event.type, wanted.text(event)) for event in missed.events))
            elif seq == self.webcti.seq:
                await self.webcti.wait(seq, HEARTBEAT_SECONDS)
                if seq == self.webcti.seq:
                    await self._send(": still here\n\n")

    async def _send(self, text: str) -> None:
        await self.webcti.share.turn()
        with self.webcti.share.spending():
            self.write(text)
            sent = self.flush()
        async with asyncio.timeout(SEND_SECONDS):
            await sent


def _sse(seq: int, kind: str, text: str) -> str:
    return f"id: {seq}\nevent: {kind}\ndata: {text}\n\n"


class EventSocket(EventHandler, WebSocketHandler):
    """A frame for each event, and one for the answer to each verb. Who does not read is dropped; `since` goes on."""

    _task: asyncio.Task[None] | None = None

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002
        """`prepare` has compared it with the key's list."""
        return True

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Refuse before the upgrade, so that the client reads why."""
        self._wanted, self._place = self.wanted(), self.place()
        with self.webcti.listening(self.caller):  # Tornado returns when the socket is closed
            await super().get(*args, **kwargs)

    def open(self, *_args: str, **_kwargs: str) -> None:
        self.set_nodelay(True)
        self._verbs = SocketVerbs(self.webcti, self.caller, self.address, self.locale.code, self._tell)
        self._task = asyncio.create_task(self._follow())

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        return self._verbs.take(message)

    async def _tell(self, text: str) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self.write_message(text)

    def on_close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        with contextlib.suppress(WebSocketClosedError, TimeoutError):
            await self._send_all()
        self.close(CLOSE_KEY_ENDED, "ended")

    async def _send_all(self) -> None:
        seq = self._place or 0
        if self._place is None:
            seq, picture = await self.picture("snapshot")
            await self._send(picture)
        while self.still_valid():
            missed = await self.webcti.missed(seq, self._wanted)
            seq = missed.seq
            if missed.resync:
                seq, picture = await self.picture("resync")
                await self._send(picture)
            for some in itertools.batched(missed.events, TOLD_AT_ONCE, strict=False):
                await self._send(*(self._wanted.text(event) for event in some))
            if seq == self.webcti.seq:
                await self.webcti.wait(seq, HEARTBEAT_SECONDS)

    async def _send(self, *texts: str) -> None:
        await self.webcti.share.turn()
        with self.webcti.share.spending():
            sent = [self.write_message(text) for text in texts]
        async with asyncio.timeout(SEND_SECONDS):
            await asyncio.gather(*sent)


def routes(webcti: WebCti) -> list[Any]:
    given = {"webcti": webcti}
    return [
        (r"/webcti/v1/events", EventList, given),
        (r"/webcti/v1/events/stream", EventStream, given),
        (r"/webcti/v1/events/ws", EventSocket, given),
    ]
