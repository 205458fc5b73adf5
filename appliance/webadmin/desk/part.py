"""The desk's web side as a part of its program."""

import contextlib
from collections.abc import Sequence
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from appliance.config import ListenConfig
from appliance.webadmin.desk import SESSION_CHECK_SECONDS, application
from appliance.webadmin.desk.feed import SUBSCRIPTION_LENGTH, Feed
from appliance.webadmin.desk.protocol import DeskControl
from appliance.webadmin.sessions import Gate

BODY_BYTES = 256 * 1024
CLOSE_RESTART = 1012
"""«Service restart» of the IANA registry of websocket close codes: come back soon."""


class DeskWeb:
    """Listens on `listen` behind nginx, whose X-Forwarded-For is believed."""

    name = "desk-web"

    def __init__(
        self,
        listen: ListenConfig,
        control: DeskControl,
        gate: Gate,
        session_check_seconds: float = SESSION_CHECK_SECONDS,
        *,
        routes: Sequence[Any] = (),
    ) -> None:
        self._listen = listen
        self._control = control
        self._gate = gate
        self._session_check_seconds = session_check_seconds
        self._routes = routes
        self._stack = contextlib.ExitStack()
        self._feed: Feed | None = None
        self._server: HTTPServer | None = None
        self.port = 0
        """Where it listens; differs from the configuration when that says 0."""

    async def open(self) -> None:
        self._feed = Feed(self._stack.enter_context(self._control.changes.subscribe(SUBSCRIPTION_LENGTH)))
        addresses = application(self._control, self._feed, self._gate, self._session_check_seconds, self._routes)
        server = HTTPServer(addresses, xheaders=True, max_body_size=BODY_BYTES, max_buffer_size=BODY_BYTES)
        sockets = bind_sockets(self._listen.port, self._listen.address)
        server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self._server = server

    async def run(self) -> None:
        assert self._feed is not None
        await self._feed.run()

    async def close(self) -> None:
        if self._server is not None:
            self._server.stop()
        if self._feed is not None:
            for listener in self._feed.listeners(lambda _tab: True):
                listener.close(CLOSE_RESTART, "restart")
        self._stack.close()
        if self._server is not None:
            await self._server.close_all_connections()
        self._server = self._feed = None
