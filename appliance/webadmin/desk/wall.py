"""Wallboards: figures to whoever has a link that is not revoked; nobody signs in, nothing can be asked for."""

import asyncio
import contextlib
import logging

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from appliance import clock
from appliance.webadmin.base import Handler
from appliance.webadmin.desk.feed import encode
from appliance.webadmin.desk.protocol import DeskControl, Document
from appliance.webadmin.permissions import PUBLIC

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SAY_SECONDS = 5
"""Unchanged figures are said again so often: the page knows by it that it is connected."""
CHECK_SECONDS = 5
CLOSE_REVOKED = 4404
CLOSE_LATER = 1013
"""«Try again later» of the IANA registry of websocket close codes."""


class WallSocket(Handler, WebSocketHandler):
    access = PUBLIC

    def initialize(self, control: DeskControl) -> None:
        self._control = control
        self._task: asyncio.Task[None] | None = None

    def open(self, *_args: str, **kwargs: str) -> None:
        self._task = asyncio.create_task(self._show(kwargs["token"]), name="wallboard")

    def on_message(self, message: str | bytes) -> None:
        """A wallboard has nothing to say."""

    def on_close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _show(self, token: str) -> None:
        told: Document = {}
        with contextlib.suppress(WebSocketClosedError):
            for second in range(2**31):
                if second % CHECK_SECONDS == 0 and not await self._still_allowed(token, first=second == 0):
                    return
                document = self._control.wall_document()
                if document != told or second % SAY_SECONDS == 0:
                    told = document
                    await self.write_message(encode({"wall": document, "now": clock.now_ms()}))
                await asyncio.sleep(LOOK_SECONDS)

    async def _still_allowed(self, token: str, *, first: bool) -> bool:
        """Who was allowed goes on while the database is away; nobody new comes in then."""
        allowed = await self._control.wall_allowed(token)
        if allowed is False:
            self.close(CLOSE_REVOKED, "revoked")
        elif allowed is None and first:
            self.close(CLOSE_LATER, "later")
        return allowed or (allowed is None and not first)
