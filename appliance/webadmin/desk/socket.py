"""The websocket of desktops and boards: intents in, state out."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

import msgspec
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from appliance import clock
from appliance.callcenter.control.actor import Actor
from appliance.callcenter.people.model import Viewer
from appliance.callcenter.verbs.catalogue import BY_NAME
from appliance.errors import ForbiddenError, PbxUnavailableError, UserError
from appliance.webadmin.base import Handler, UnexpectedError
from appliance.webadmin.desk.feed import Feed, Listener, Outbox, Tab, encode, owns_phone, tailored
from appliance.webadmin.desk.protocol import DeskControl, Document
from appliance.webadmin.permissions import Permission, needs
from appliance.webadmin.sessions import COOKIE

log = logging.getLogger(__name__)

SEND_SECONDS = 10.0
VERB_SECONDS = 15.0
VERBS_AT_ONCE = 8
MESSAGE_BYTES = 64 * 1024

PAGES = {"desktop": Permission.DESK_USE, "board": Permission.BOARD_VIEW, "room": Permission.ROOMS_VIEW}

CLOSE_MALFORMED, CLOSE_SIGNED_OUT, CLOSE_FORBIDDEN, CLOSE_OTHER_TAB = 4400, 4401, 4403, 4409
"""Codes of our own (RFC 6455 7.4.2): 44xx follows HTTP, the page decides by them whether to come back."""


class TooManyVerbsError(UserError):
    code, status = "too-many", 429
    zh, en = "操作过于频繁，请稍候", "Too many requests at once, please wait a moment"


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: str
    tab: str
    seq: int | None = None
    run: str = ""


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Any one frame from a browser."""

    hello: Hello | None = None
    id: int | None = None
    verb: str = ""
    arguments: Document = {}
    ping: int | None = None


_decoder = msgspec.json.Decoder(Frame)


def actor_of(viewer: Viewer, address: str) -> Actor:
    return Actor(viewer.user_id, viewer.login, viewer.role.value, viewer.agent_id, address, name=viewer.name)


class DeskSocket(Handler, WebSocketHandler):
    """One browser tab. Origin is checked against Host by Tornado before the upgrade."""

    access = needs(*PAGES.values())

    def initialize(self, control: DeskControl, feed: Feed, session_check_seconds: float) -> None:
        self._control = control
        self._feed = feed
        self._session_check_seconds = session_check_seconds
        self._outbox = Outbox()
        self._listener: Listener | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._verbs = 0
        self._active = False

    @property
    def actor(self) -> Actor:
        return actor_of(self.person, self.address)

    def open(self, *_args: str, **_kwargs: str) -> None:
        self.set_nodelay(True)
        self._start(self._send())
        self._start(self._watch_session())

    def on_message(self, message: str | bytes) -> None:
        try:
            frame = _decoder.decode(message)
        except msgspec.DecodeError as error:
            log.info("malformed frame from %s: %s", self.address, error)
            self.close(CLOSE_MALFORMED, "malformed")
            return
        if frame.hello is not None:
            self._greet(frame.hello)
        elif frame.ping is not None:
            self._alive()
            self._pong(frame.ping)
        elif frame.id is not None and self._listener is not None:
            self._take_verb(frame.id, frame.verb, frame.arguments)
        else:
            self.close(CLOSE_MALFORMED, "hello first")

    def on_close(self) -> None:
        if self._listener is not None:
            self._feed.remove(self._listener)
        if self.person.agent_id is not None:
            self._control.page_closed(self.person.agent_id, self)
        for task in self._tasks:
            task.cancel()

    def _alive(self) -> None:
        """The agent's desktop works: its script has just said something."""
        agent = self.person.agent_id
        if agent is not None and self._listener is not None and self._listener.tab.page == "desktop":
            self._control.page_heard(agent, self)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- saying hello ---

    def _greet(self, hello: Hello) -> None:
        permission = PAGES.get(hello.page)
        if permission is None or not self.may(permission):
            self.close(CLOSE_FORBIDDEN, "forbidden")
            return
        if self._listener is not None or not hello.tab or len(hello.tab) > 64:
            self.close(CLOSE_MALFORMED, "hello")
            return
        person = self.person
        tab = Tab(
            person.user_id,
            person.agent_id,
            self.may(Permission.CALLS_VIEW),
            hello.tab,
            hello.page,
            self.may(Permission.FLOOR_SUPERVISE),
        )
        self._replace_twin(tab)
        self._feed.pump()
        self._listener = Listener(tab, self._outbox, self.close)
        missed = self._feed.since(tab, hello.seq) if hello.seq is not None and hello.run == self._feed.run_id else None
        if missed is None:
            self._snapshot(tab)
        else:
            for message in missed:
                self._outbox.change(message)
            self._pong(0)
        self._feed.add(self._listener)
        self._alive()
        if hello.page == "desktop":
            self._start(self._take_over_if_abandoned(tab))

    def _replace_twin(self, tab: Tab) -> None:
        """A duplicated browser tab carries the same id: the one that came last keeps it."""
        for twin in self._feed.listeners(
            lambda other: (other.id, other.page, other.user_id) == (tab.id, tab.page, tab.user_id)
        ):
            self._feed.remove(twin)
            twin.close(CLOSE_OTHER_TAB, "other tab")

    async def _take_over_if_abandoned(self, tab: Tab) -> None:
        """When the tab that owned the agent's desk is gone, this one owns it without being asked."""
        me = self._control.viewer_snapshot(self.actor)["me"]
        if me is None or me["state"] == "signed_out" or me["tab"] == tab.id:
            return
        if self._feed.listeners(lambda other: owns_phone(other, me) and other.user_id == tab.user_id):
            return
        with contextlib.suppress(UserError):
            await self._control.perform(self.actor, "take_over", {"tab": tab.id})

    def _snapshot(self, tab: Tab) -> None:
        """Put everything this viewer may see in the place of the changes that led there."""
        self._feed.pump()
        snapshot = self._control.viewer_snapshot(self.actor)
        snapshot = snapshot | {"me": tailored(tab, snapshot["me"])}
        self._outbox.restart()
        self._outbox.change(
            encode({"snapshot": snapshot, "seq": self._feed.seq, "run": self._feed.run_id, "now": clock.now_ms()})
        )

    # --- verbs ---

    def _take_verb(self, number: int, verb: str, arguments: Document) -> None:
        self._active = True
        if self._verbs >= VERBS_AT_ONCE:
            self._refuse(number, TooManyVerbsError())
            return
        self._verbs += 1
        self._start(self._perform(number, verb, arguments))

    async def _perform(self, number: int, verb: str, arguments: Document) -> None:
        try:
            async with asyncio.timeout(VERB_SECONDS):
                answer = await self._ask(verb, arguments)
        except UserError as error:
            self._refuse(number, error)
        except TimeoutError:
            self._refuse(number, PbxUnavailableError())
        except Exception:
            log.exception("verb %s failed", verb)
            self._refuse(number, UnexpectedError())
        else:
            self._outbox.reply(encode({"reply": number, "ok": answer}))
        finally:
            self._verbs -= 1

    async def _ask(self, verb: str, arguments: Document) -> Document:
        """Signing in also makes this tab the owner of the agent's desk."""
        known = BY_NAME.get(verb)
        if not self.may(Permission(known.permission) if known else Permission.DESK_USE):
            raise ForbiddenError
        answer = await self._control.perform(self.actor, verb, arguments)
        if verb == "sign_in" and self._listener is not None:
            await self._control.perform(self.actor, "take_over", {"tab": self._listener.tab.id})
        return answer

    def _refuse(self, number: int, error: UserError) -> None:
        message = {"code": error.code, "message": error.text(self.person.language)}
        self._outbox.reply(encode({"reply": number, "error": message}))

    def _pong(self, sent: int) -> None:
        """The sequence number goes along only when the browser has everything up to it."""
        pong: Document = {"pong": sent, "now": clock.now_ms()}
        self._feed.pump()
        if self._listener is not None and self._outbox.caught_up:
            pong["seq"] = self._feed.seq
        self._outbox.reply(encode(pong))

    # --- what runs beside ---

    async def _send(self) -> None:
        with contextlib.suppress(WebSocketClosedError):
            while True:
                await self._outbox.wait()
                if self._outbox.overflowed and self._listener is not None:
                    self._snapshot(self._listener.tab)
                message = self._outbox.take()
                if message is not None and not await self._write(message):
                    return

    async def _write(self, message: str) -> bool:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.write_message(message)
        except TimeoutError:
            log.info("%s does not read, connection dropped", self.address)
            self.close()
            return False
        return True

    async def _watch_session(self) -> None:
        """End the connection soon after the session has ended or the role has changed."""
        while True:
            await asyncio.sleep(self._session_check_seconds)
            active, self._active = self._active, False
            viewer = await self.gate.viewer(self.get_cookie(COOKIE), active=active)
            if viewer is None or (viewer.role, viewer.agent_id) != (self.person.role, self.person.agent_id):
                self.close(CLOSE_SIGNED_OUT, "session ended")
                return
            self.viewer = viewer
