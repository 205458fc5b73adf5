"""An agent's (or board's) browser without the browser: the real socket, its messages kept with their times."""

import asyncio
import contextlib
import ssl
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.sip.waiting import PATIENCE, TooLateError, limit

type Document = dict[str, Any]


class RefusedError(Exception):
    """The server answered a verb with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it came. `at` is on the monotonic clock."""

    at: float
    body: Document


def _trust_the_box() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class DeskClient:
    """One tab: `me`, `agents`, `calls`, `queues` as the page would show them."""

    def __init__(self, address: str, token: str, page: str = "desktop", tab: str = "") -> None:
        self._address, self._token, self._page = address, token, page
        self.tab = tab or uuid.uuid4().hex[:12]
        self.me: Document = {}
        self.agents: dict[int, Document] = {}
        self.calls: dict[str, Document] = {}
        self.queues: dict[int, Document] = {}
        self.through: int | None = None
        """A port of the loopback that leads to the box (see `tests.sip.relay`); None = straight there."""
        self.repairs: Document | None = None
        self.pbx = False
        self.revision = 0
        self.rooms: dict[str, Document] = {}
        self.taken_over = False
        self.closed_with: int | None = None
        self.seen: list[Seen] = []
        self._replies: dict[int, asyncio.Future[Document]] = {}
        self._number = 0
        self._news = asyncio.Event()
        self._seq: int | None = None
        self._run = ""

    # -- connection --------------------------------------------------------------------------------

    async def connect(self, seconds: float = 10.0) -> None:
        """Open the socket and wait for the picture (a snapshot, or what was missed)."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=_trust_the_box()),
            timeout=aiohttp.ClientTimeout(total=PATIENCE * seconds),
        )
        place = self._address if self.through is None else f"127.0.0.1:{self.through}"
        headers = {"Host": self._address, "Cookie": f"__Host-hcc={self._token}", "Origin": f"https://{self._address}"}
        self._socket = await self._session.ws_connect(
            f"https://{place}/desk/ws",
            headers=headers,
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=2),
        )
        hello = {"seq": self._seq, "page": self._page, "tab": self.tab, "run": self._run}
        await self._socket.send_json({"hello": hello})
        self.closed_with = None
        self._listener = asyncio.create_task(self._listen(), name=f"desk {self.tab}")
        await self.until(lambda: self._seq is not None, seconds, "snapshot")

    async def reconnect(self, seconds: float = 15.0) -> float:
        """Come back like the page does, trying again and again. How many seconds it took."""
        started, deadline = time.monotonic(), limit(seconds)
        await self.disconnect()
        while True:
            try:
                await self.connect(2.0)
                return time.monotonic() - started
            except (aiohttp.ClientError, OSError, TimeoutError, TooLateError) as error:
                await self.disconnect()
                if time.monotonic() > deadline:
                    raise TooLateError(f"desk not back within {PATIENCE} x {seconds:g} s: {error!r}") from error
                await asyncio.sleep(0.2)

    async def disconnect(self) -> None:
        if hasattr(self, "_listener"):
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._socket.close()
        await self._session.close()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.TEXT and self._of_interest(message.data):
                content: Document | list[Document] = message.json()
                for body in content if isinstance(content, list) else [content]:
                    self.seen.append(Seen(time.monotonic(), body))
                    self._take(body)
                self._news.set()
        self.closed_with = self._socket.close_code or 1006
        for future in self._replies.values():
            if not future.done():
                future.set_exception(ConnectionError("the socket closed"))
        self._news.set()

    def _of_interest(self, _text: str) -> bool:
        """Whether a frame is looked at."""
        return True

    def _take(self, body: Document) -> None:
        if "reply" in body:
            future = self._replies.pop(body["reply"], None)
            if future is not None and not future.done():
                future.set_result(body)
            return
        if "snapshot" in body:
            picture = body["snapshot"]
            self.me, self.pbx = picture["me"] or {}, picture["pbx"]
            self.revision = picture["revision"]
            self.rooms = {room["number"]: room for room in picture["rooms"]}
            self.agents = {agent["id"]: agent for agent in picture["agents"]}
            self.calls = {call["id"]: call for call in picture["calls"]}
            self.queues = {queue["id"]: queue for queue in picture["queues"]}
            self.repairs = picture.get("repairs")
            self._run = body.get("run", "")
        if "change" in body:
            self._change(body["change"])
        self._seq = body.get("seq", self._seq)

    def _change(self, change: Document) -> None:
        if "agent" in change:
            self.agents[change["agent"]["id"]] = change["agent"]
        if "call" in change:
            self.calls[change["call"]["id"]] = change["call"]
        if "call_gone" in change:
            self.calls.pop(change["call_gone"], None)
        if "queue" in change:
            self.queues[change["queue"]["id"]] = change["queue"]
        if "room" in change:
            self.rooms[change["room"]["number"]] = change["room"]
        if "me" in change:
            self.me = change["me"]
        if "repairs" in change:
            self.repairs = change["repairs"]
        if "pbx" in change:
            self.pbx = change["pbx"]
        self.taken_over = self.taken_over or "taken_over" in change

    # -- asking ------------------------------------------------------------------------------------

    async def verb(self, name: str, **arguments: Any) -> Document:
        """Ask for something; its answer. Raises RefusedError."""
        self._number += 1
        future = self._replies[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "verb": name, "arguments": arguments})
        reply = await asyncio.wait_for(future, 30)
        if "error" in reply:
            raise RefusedError(reply["error"]["code"], reply["error"]["message"])
        answer: Document = reply["ok"] or {}
        return answer

    async def send_raw(self, text: str) -> None:
        await self._socket.send_str(text)

    async def until[T](self, look: Callable[[], T], seconds: float, what: str) -> T:
        """The first true result of `look`, asked after each message."""
        deadline = limit(seconds)
        while True:
            self._news.clear()
            value = look()
            if value:
                return value
            left = deadline - time.monotonic()
            try:
                await asyncio.wait_for(self._news.wait(), max(left, 0.001))
            except TimeoutError:
                raise TooLateError(f"not within {PATIENCE} x {seconds:g} s: {what}; me: {self.describe()}") from None

    def describe(self) -> str:
        parts = {key: self.me.get(key) for key in ("state", "cause", "call", "phone_online", "wrap_up")}
        return f"{parts} calls: {list(self.calls)} closed: {self.closed_with}"

    async def state(self, *states: str, seconds: float = 8.0) -> Document:
        """Wait until the agent's own state is one of `states`."""
        await self.until(lambda: self.me.get("state") in states, seconds, f"state {states}")
        return self.me

    @property
    def call(self) -> Document:
        """The call on the screen."""
        return self.me.get("call_detail") or {}

    def call_of(self, caller: str) -> Document:
        """The live call of `caller`, for a board."""
        return next((call for call in self.calls.values() if call["caller"] == caller), {})

    async def walked(self, caller: str, label: str, seconds: float = 15.0) -> None:
        """Wait until the caller has left the flow's node with that label."""
        await self.until(
            lambda: label in [step[0] for step in self.call_of(caller).get("path", ())],
            seconds,
            f"{caller} left {label}",
        )

    # -- usual sequences -----------------------------------------------------------------------------

    async def work(self, phone: str = "sip") -> None:
        """Sign in and be ready."""
        await self.verb("sign_in", phone=phone)
        await self.until(lambda: self.me.get("phone_online"), 10, "the telephone is there")
        await self.verb("ready")
        await self.state("ready")

    async def write_up(self, **fields: str) -> None:
        """Save the form that is owed; the screen shows it no longer."""
        owed = (await self.until(lambda: self.me.get("wrap_up"), 8, "a form is owed"))["call"]
        form = {"business_type": "enquiry", "outcome": "resolved", "notes": "试验"} | fields
        await self.verb("wrap_up", **form)
        await self.until(lambda: (self.me.get("wrap_up") or {}).get("call") != owed, 5, "form saved")

    async def go_home(self) -> None:
        """Whatever the state is: leave nothing behind."""
        if self.me.get("call"):
            with contextlib.suppress(RefusedError):
                await self.verb("hang_up")
            await self.state("ready", "busy", "wrap_up", "not_answering", "signed_out")
        while self.me.get("wrap_up"):
            await self.write_up()
        if self.me.get("state") != "signed_out":
            with contextlib.suppress(RefusedError):
                await self.verb("sign_out")
