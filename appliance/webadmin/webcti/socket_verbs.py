"""Verbs that come over the websocket of events: no request has to be taken apart and no key looked at each time."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from tornado.websocket import WebSocketClosedError

from appliance.callcenter.integrations.errors import TooOftenError
from appliance.callcenter.integrations.model import Caller
from appliance.callcenter.integrations.service import WebCti, Wish
from appliance.errors import InvalidError, UserError
from appliance.webadmin.base import UnexpectedError
from appliance.webadmin.webcti import formats
from appliance.webadmin.webcti.formats import Document

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Verbs of one socket that are not answered yet; who sends more is read from more slowly."""
REQUEST_ID_LENGTH = 64

type Send = Callable[[str], Awaitable[None]]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frame from the program. Its `id` comes back with the answer."""

    verb: str
    id: Annotated[str, msgspec.Meta(max_length=64)] | int = ""
    agent: Annotated[str, msgspec.Meta(max_length=200)] = ""
    arguments: Document = {}
    idempotency_key: Annotated[str, msgspec.Meta(max_length=REQUEST_ID_LENGTH, pattern=r"^[\x20-\x7e]*$")] = ""


class _Named(msgspec.Struct, frozen=True):
    """As much of a frame that cannot be read as the answer needs."""

    id: str | int = ""


_decoder = msgspec.json.Decoder(Asked)
_named = msgspec.json.Decoder(_Named)


class SocketVerbs:
    """Of one socket. Those that were begun are done, whether or not the socket is still there to be told."""

    def __init__(self, webcti: WebCti, caller: Caller, address: str, language: str, send: Send) -> None:
        self._webcti = webcti
        self._caller = caller
        self._address = address
        self._language = language
        self._send = send
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, message: str | bytes) -> Awaitable[None] | None:
        """Begins in the order of arrival, and a verb that takes long does not hold up the next.

        Who has too many under way is not read from until the returned is done.
        """
        task = asyncio.create_task(self._answer(message), name="webcti verb")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._room() if len(self._tasks) >= AT_ONCE else None

    async def _room(self) -> None:
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _answer(self, message: str | bytes) -> None:
        name, asked = _read(message)
        told = {"type": "answer", "id": name} | await self._outcome(asked)
        with contextlib.suppress(WebSocketClosedError, TimeoutError):
            await self._send(msgspec.json.encode(told).decode())

    async def _outcome(self, asked: Asked | InvalidError) -> Document:
        try:
            return await self._do(asked)
        except UserError as error:
            return {"ok": False, "error": self._told(error)}
        except Exception:
            log.exception("verb over the websocket failed")
            return {"ok": False, "error": self._told(UnexpectedError())}

    async def _do(self, asked: Asked | InvalidError) -> Document:
        """What cannot be read counts as a request, too."""
        caller = self._webcti.keyring.again(self._caller, self._address)
        if isinstance(asked, InvalidError):
            raise asked
        wish = Wish(asked.verb, asked.agent, asked.arguments, self._address, asked.idempotency_key)
        answer = await self._webcti.perform(caller, wish)
        return answer.document | ({"replayed": True} if answer.replayed else {})

    def _told(self, error: UserError) -> Document:
        told = formats.error_document(error, self._language)
        return told | ({"retry_after": error.seconds} if isinstance(error, TooOftenError) else {})


def _read(message: str | bytes) -> tuple[str | int, Asked | InvalidError]:
    """The frame and its name, or what is wrong with it."""
    try:
        asked = _decoder.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _id_of(message), InvalidError(str(error))
    return asked.id, asked


def _id_of(message: str | bytes) -> str | int:
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        return _named.decode(message).id
    return ""
