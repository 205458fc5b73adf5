"""Programs that ask far too much: they are told so at once, and calls do not notice."""

import asyncio
import collections
import contextlib
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from appliance.callcenter.integrations.service import STREAMS_OF_TOKEN
from tests import center as at
from tests.center import Center
from tests.service.conftest import MakeDesk, MakePhone
from tests.sip.waiting import until
from tests.webcti_client import Program, known_keys

KEYS = {"keys": [{"name": "quick", "per_second": 100_000}, {"name": "slow", "per_second": 5}]}
AT_ONCE = 400
"""More than nginx lets through from one address within a second and its burst."""


@pytest.fixture(scope="module")
async def keys(center: Center) -> dict[str, str]:
    return await known_keys(center.box, KEYS)


@pytest.fixture
async def program(center: Center, keys: dict[str, str]) -> AsyncIterator[Program]:
    async with Program(center.box.address, keys["quick"]) as program:
        yield program


@pytest.mark.req("CTI-4")
async def test_flood_is_refused_with_429_while_calls_are_set_up_as_ever(
    center: Center, program: Program, keys: dict[str, str], phone: MakePhone, caller: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    async with Program(center.box.address, keys["slow"]) as flood:
        stop = asyncio.Event()
        counted: dict[int, int] = {}
        waits: list[str] = []

        async def pour() -> None:
            while not stop.is_set():
                status, headers, _ = await flood.raw("GET", "/state")
                counted[status] = counted.get(status, 0) + 1
                waits.append(headers.get("Retry-After", ""))

        pouring = [asyncio.create_task(pour()) for _ in range(8)]
        patient = await caller("13910000021")
        await patient.dial(at.QUEUE_DID)
        await agent.state("talking", seconds=5)
        await patient.hang_up()
        await agent.state("wrap_up")
        stop.set()
        await asyncio.gather(*pouring)
        assert counted[429] > 3 * counted[200]
        assert set(counted) == {200, 429}
        assert "1" in waits
    assert (await program.ask("GET", "/key"))["name"] == "quick", "another key is not affected"


@pytest.mark.req("CTI-4")
async def test_too_many_requests_from_one_address_are_refused_at_the_door_as_json(program: Program) -> None:
    answers = await asyncio.gather(*(program.raw("GET", "/key") for _ in range(AT_ONCE)))
    counted = collections.Counter(status for status, _, _ in answers)
    assert set(counted) == {200, 429}
    refused = [(headers, body) for status, headers, body in answers if status == 429]
    for headers, body in refused:
        assert (headers["Retry-After"], headers["Content-Type"]) == ("1", "application/json")
        assert json.loads(body)["error"]["code"] == "too-many"

    async def let_in() -> bool:
        return (await program.raw("GET", "/key"))[0] == 200

    await until(let_in, 2, "the flood is over", pause_seconds=0.2)


@pytest.mark.req("CTI-4")
async def test_a_page_may_not_open_event_streams_without_end(center: Center, program: Program) -> None:
    token = (await program.ask("POST", "/tokens", json={"agent": "1003", "seconds": 60}))["token"]
    async with contextlib.AsyncExitStack() as stack:
        page = await stack.enter_async_context(Program(center.box.address, token))
        sockets = [await page._session.ws_connect(f"{page.url}/events/ws") for _ in range(STREAMS_OF_TOKEN)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await page._session.ws_connect(f"{page.url}/events/ws")
        assert refused.value.status == 429
        assert refused.value.headers is not None
        assert refused.value.headers["Retry-After"] == "10"
        status, headers, body = await page.raw("GET", "/events?since=0&wait=1")
        assert (status, headers["Retry-After"], json.loads(body)["error"]["code"]) == (429, "10", "too-many-streams")
        await sockets.pop().close()

        async def let_in() -> bool:
            return (await page.raw("GET", "/events?since=0"))[0] == 200

        await until(let_in, 2, "there is room for another", pause_seconds=0.1)
