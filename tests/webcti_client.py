"""A program of another system: what it asks and hears over WebCTI."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.box import Box
from tests.center import PYTHON
from tests.desk_client import _trust_the_box
from tests.sip.waiting import until

type Document = dict[str, Any]

MAKE_KEYS = """
import asyncio, json, sys
from appliance import config, db
from appliance.callcenter.integrations.key_service import KeyService
from appliance.callcenter.integrations.model import ApiKeyDraft, WebhookDraft
from appliance.callcenter.integrations.webhook_service import WebhookService
from appliance.callcenter.people.model import Author
from appliance.callcenter.settings.model import Settings
from appliance.callcenter.settings.service import SettingsService

async def main():
    engine = db.open_engine(config.load().database.url)
    keys, webhooks, author = KeyService(db.sessions(engine)), WebhookService(db.sessions(engine)), Author(None, "tests")
    made, wanted = {}, json.loads(sys.argv[1])
    for draft in wanted["keys"]:
        lists = {name: tuple(draft.pop(name, ())) for name in ("sources", "agents", "queues", "origins")}
        fields = {"per_second": 100, "lease_seconds": 120, "expires_on": "", **lists, **draft}
        scopes = {name: fields.pop(name, True) for name in ("may_read", "may_agent", "may_dial", "may_events")}
        patients = fields.pop("may_patients", False)
        key = await keys.create(ApiKeyDraft(**fields, **scopes, may_patients=patients), author)
        made[draft["name"]] = await keys.new_secret(key, author)
    for draft in wanted.get("webhooks", []):
        fields = {"types": (), "agents": (), "queues": (), "patients": False, "active": True, "verify_tls": False}
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in draft.items()}
        key = await webhooks.create(WebhookDraft(**fields | given), author)
        made[draft["name"]] = (await webhooks.get(key)).secret
    if wanted.get("settings"):
        await SettingsService(db.sessions(engine)).save(Settings(**wanted["settings"]), author)
    print(json.dumps(made))
    await engine.dispose()

asyncio.run(main())
"""
"""Runs in the box: makes keys and webhooks as the pages do, prints their secrets."""


def make_keys(box: Box, wanted: Document) -> dict[str, str]:
    """Make keys, webhooks and settings; secrets by name. The running program knows them a second later."""
    made: dict[str, str] = json.loads(box.run(PYTHON, "-", json.dumps(wanted), user="hcc", stdin=MAKE_KEYS))
    return made


async def known_keys(box: Box, wanted: Document, address: str = "") -> dict[str, str]:
    """The same, known to the program that serves at `address` (the box's own, if empty)."""
    made = make_keys(box, wanted)
    async with Program(address or box.address, next(iter(made.values()))) as program:

        async def known() -> bool:
            return (await program.raw("GET", "/key"))[0] == 200

        await until(known, 10, "the new keys are known", pause_seconds=0.4)
    return made


class ApiError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code = status, code


class Program:
    """One integrator with its key."""

    def __init__(self, address: str, key: str, headers: Mapping[str, str] | None = None) -> None:
        self.url = f"https://{address}/webcti/v1"
        self._headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"} | dict(headers or {})
        self.events: list[Document] = []
        self.frames: list[Document] = []
        self.answers: list[Document] = []
        self._listener: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=_trust_the_box(), limit=0),
            timeout=aiohttp.ClientTimeout(total=70),
            headers=self._headers,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_listening()
        await self._session.close()

    async def raw(self, method: str, path: str, **options: Any) -> tuple[int, Mapping[str, str], bytes]:
        async with self._session.request(method, self.url + path, **options) as response:
            return response.status, response.headers, await response.read()

    async def ask(self, method: str, path: str, **options: Any) -> Document:
        status, _, body = await self.raw(method, path, **options)
        document: Document = json.loads(body)
        if status >= 400:
            raise ApiError(status, document["error"]["code"], document["error"]["message"])
        return document

    async def verb(self, name: str, agent: str, request: str = "", **arguments: Any) -> Document:
        headers = {"Idempotency-Key": request} if request else {}
        return await self.ask("POST", f"/verbs/{name}", json={"agent": agent, **arguments}, headers=headers)

    async def state(self, agent: str) -> str:
        return str((await self.ask("GET", f"/agents/{agent}"))["state"])

    async def agent_is(self, agent: str, *states: str, seconds: float = 5.0) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while (state := await self.state(agent)) not in states:
            assert asyncio.get_running_loop().time() < deadline, f"{agent} is {state}"
            await asyncio.sleep(0.1)

    # -- events ------------------------------------------------------------------------------------

    async def listen(self, since: int | None = None, **parameters: str) -> None:
        """Open the websocket; events are collected from now on."""
        given = parameters | ({} if since is None else {"since": str(since)})
        self._socket = await self._session.ws_connect(f"{self.url}/events/ws", params=given)
        self._listener = asyncio.create_task(self._collect(), name="webcti events")

    async def _collect(self) -> None:
        async for message in self._socket:
            frame = json.loads(message.data)
            if frame["type"] == "answer":
                self.answers.append(frame)
                continue
            self.frames.append(frame)
            if frame["type"] not in {"snapshot", "resync"}:
                self.events.append(frame)

    async def send(self, frame: str | bytes) -> None:
        """As it is, whatever it is."""
        await (self._socket.send_bytes(frame) if isinstance(frame, bytes) else self._socket.send_str(frame))

    async def wish(self, verb: str, agent: str, request: str = "", **arguments: Any) -> Document:
        """A verb over the websocket; its answer."""
        number = next(self._numbers)
        wanted = {"id": number, "verb": verb, "agent": agent, "arguments": arguments, "idempotency_key": request}
        await self.send(json.dumps(wanted))
        return await self.answer_to(number)

    async def answer_to(self, number: object) -> Document:
        found = lambda: next((one for one in self.answers if one["id"] == number), None)  # noqa: E731
        answer: Document = await until(found, 10, f"an answer to {number}", pause_seconds=0.01)
        return answer

    async def stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            with contextlib.suppress(Exception):
                await self._socket.close()
            self._listener = None

    @property
    def seq(self) -> int:
        return int(self.frames[-1]["seq"]) if self.frames else 0

    def types(self, **wanted: str) -> list[str]:
        """Types of the events heard so far; `caller=` of calls only."""
        caller = wanted.get("caller")
        calls = [event for event in self.events if event["type"].startswith("call.")]
        chosen = calls if caller is not None else self.events
        return [one["type"] for one in chosen if caller is None or one["data"]["call"]["caller"] == caller]

    async def hears(self, condition: Callable[[], Any], seconds: float = 5.0, what: str = "an event") -> Any:
        return await until(condition, seconds, what)
