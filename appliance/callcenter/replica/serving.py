"""What this box gives the other one, and takes from it. Only to it: who asks shows the other box's certificate."""

import asyncio
import stat
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from sqlalchemy.exc import SQLAlchemyError

from appliance.callcenter.replica import wire
from appliance.callcenter.replica.model import Copies, Names, State
from appliance.callcenter.replica.places import BLOCK_BYTES, BadNameError, Folders

MESSAGE_BYTES = 256 * 1024
RENEW_SECONDS = 600.0
CLOSE_SECONDS = 2.0


class NotNowError(Exception):
    """The message is for a box of the other role."""


class Listener(Protocol):
    """What is done with what the other box says. Each raises NotNowError."""

    async def state(self) -> State: ...

    async def take_copies(self, copies: Copies) -> None: ...

    async def take_removed(self, names: Names) -> None: ...

    async def drop_spooled(self, names: Names) -> None: ...


class Serving:
    """A part of the program: the door for the other box, on both links."""

    name = "door"

    def __init__(self, seats: Sequence[tuple[str, int]], certificates: wire.Certificates, app: web.Application) -> None:
        self._seats = seats
        self._certificates = certificates
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)

    async def open(self) -> None:
        await self._runner.setup()
        for address, port in self._seats:
            site = web.TCPSite(self._runner, address, port, ssl_context=self._certificates.serving)
            await site.start()

    async def run(self) -> None:
        """Takes renewed certificates into use."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await asyncio.to_thread(self._certificates.load)

    async def close(self) -> None:
        await self._runner.cleanup()


def application(folders: Folders, listener: Listener, guest: str) -> web.Application:
    """`guest`: name of the other box."""
    app = web.Application(middlewares=[_only(guest)], client_max_size=MESSAGE_BYTES)
    app.router.add_get("/state", _state(listener))
    app.router.add_get("/recordings/{name:.+}", _file(folders.recording))
    app.router.add_get("/prompts/{name}", _file(folders.prompt))
    app.router.add_get("/spool/{name}", _file(folders.spooled))
    app.router.add_post("/copies", _message(Copies, listener.take_copies))
    app.router.add_post("/removed", _message(Names, listener.take_removed))
    app.router.add_post("/drop", _message(Names, listener.drop_spooled))
    return app


def _only(guest: str) -> Middleware:
    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        certificate = request.transport.get_extra_info("peercert") if request.transport else None
        if not wire.is_shown_by(certificate, guest):
            raise web.HTTPForbidden
        return await handler(request)

    return let_in


def _state(listener: Listener) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode(await listener.state()), content_type="application/json")

    return handle


def _file(place: Callable[[str], Path]) -> Handler:
    """A file of ours, from the byte on that is asked for."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            path = place(request.match_info["name"])
            known = await asyncio.to_thread(path.lstat)
        except (BadNameError, OSError) as error:
            raise web.HTTPNotFound from error
        if not stat.S_ISREG(known.st_mode):
            raise web.HTTPNotFound
        return web.FileResponse(path, chunk_size=BLOCK_BYTES)

    return handle


def _message[T: msgspec.Struct](kind: type[T], take: Callable[[T], Awaitable[None]]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            await take(msgspec.json.decode(await request.read(), type=kind))
        except msgspec.DecodeError as error:
            raise web.HTTPBadRequest from error
        except (NotNowError, SQLAlchemyError) as error:
            raise web.HTTPConflict from error
        return web.Response(status=204)

    return handle
