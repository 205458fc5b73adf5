"""Programs of other systems: they sign agents in, dial, follow events through a crash, and cannot disturb calls."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

import pytest
from aiohttp import web

from tests import center as at
from tests.center import PYTHON, Center
from tests.service.conftest import Announced, MakeDesk, MakePhone
from tests.service.test_trouble import DESK_RESTARTS
from tests.sip.waiting import until
from tests.webcti_client import ApiError, Program, known_keys, make_keys

RECEIVER = "http://10.97.0.1:9080"
KEYS = {
    "keys": [
        {"name": "full", "may_patients": True, "origins": ["https://his.example.org"]},
        {"name": "reader", "may_agent": False, "may_dial": False, "agents": ["1001"]},
        {"name": "short lease", "lease_seconds": 2},
        {"name": "elsewhere", "sources": ["192.0.2.0/24"]},
        {"name": "old", "expires_on": "2020-01-01"},
    ],
    "settings": {"screen_pop_url": "https://his.example.org/patient?phone={caller}&to={called}&agent={agent}"},
}
WEBHOOKS = {
    "keys": [],
    "webhooks": [
        {"name": "good", "url": f"{RECEIVER}/good", "types": ["call."]},
        {"name": "troubled", "url": f"{RECEIVER}/troubled", "types": ["call.ended"]},
        {"name": "nowhere", "url": "http://10.97.0.250:9/"},
        {"name": "ourselves", "url": "http://localhost:8701/"},
    ],
}

type MakeProgram = Callable[[str], Program]


@pytest.fixture(scope="module")
async def keys(center: Center) -> dict[str, str]:
    """Keys as the pages make them, known to the running program."""
    return await known_keys(center.box, KEYS)


@pytest.fixture
async def program(center: Center, keys: dict[str, str]) -> AsyncIterator[Program]:
    async with Program(center.box.address, keys["full"]) as program:
        yield program


async def go_home(program: Program, agent: str) -> None:
    if await program.state(agent) == "wrap_up":
        await program.verb("wrap_up", agent, business_type="enquiry", outcome="resolved")
    await program.verb("sign_out", agent)


@pytest.mark.req("CTI-4", "CTI-5", "CTI-2", "CTI-3")
async def test_program_dials_once_and_follows_events_through_a_crash_without_loss(
    center: Center, program: Program, phone: MakePhone, announced: Announced
) -> None:
    announced.add(*DESK_RESTARTS)
    await phone(8001)
    other = await phone(at.SPARE)
    await program.listen(since=(await program.ask("GET", "/state"))["seq"])
    signed_in = await program.verb("sign_in", "1001", phone="sip")
    assert signed_in["lease_seconds"] == 120
    await program.verb("ready", "1001")
    await program.agent_is("1001", "ready")
    dialled = await program.verb("dial", "1001", "request-1", number=str(at.SPARE))
    call = dialled["answer"]["call"]
    await program.hears(lambda: "call.answered" in program.types(), what="both talk")
    assert await program.verb("dial", "1001", "request-1", number=str(at.SPARE)) == dialled
    with pytest.raises(ApiError, match="other-request"):
        await program.verb("dial", "1001", "request-1", number="8024")
    await center.stored(call, "talking")
    await program.stop_listening()
    heard, before = program.seq, len(program.events)
    center.box.kill("hcc-desk.service")
    await other.hang_up()

    async def back() -> bool:
        status, _, _ = await program.raw("GET", "/key")
        return status == 200

    await until(back, 20, "the interface is back")
    await program.listen(since=heard)
    await program.hears(lambda: "call.ended" in program.types(), 10, "the end of the call")
    ended = next(event for event in program.events if event["type"] == "call.ended")
    assert ended["data"]["call"]["id"] == call
    numbers = [event["seq"] for event in program.events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no number missing, none twice"
    assert program.events[before]["seq"] == heard + 1
    assert await program.verb("dial", "1001", "request-1", number=str(at.SPARE)) == dialled
    assert len(center.interactions("8001")) == 1
    lines = center.query("SELECT login, detail FROM audit WHERE action = 'verb' ORDER BY id")
    assert ("webcti:full", "拨号 Dial (number: 8025)") in [(line["login"], line["detail"]) for line in lines]
    await go_home(program, "1001")


@pytest.mark.req("CTI-4")
async def test_old_clients_send_forms_in_gbk_and_read_xml_or_text(program: Program, keys: dict[str, str]) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=gbk"}
    body = f"agent=1002&phone=sip&format=xml&api_key={keys['full']}".encode()
    status, headers, reply = await program.raw("POST", "/verbs/sign_in", data=body, headers=form)
    assert (status, headers["Content-Type"]) == (200, "text/xml; charset=gb18030")
    assert b"<ok>1</ok>" in reply
    status, _, reply = await program.raw(
        "POST", "/verbs/busy", data="agent=1002&cause=吃饭&format=text&language=zh".encode("gb18030"), headers=form
    )
    text = reply.decode("gb18030")
    assert status == 422
    assert "error.code=invalid" in text
    assert "输入有误：吃饭" in text
    status, _, reply = await program.raw("POST", "/verbs/busy", data="agent=1002&cause=meal&format=text", headers=form)
    assert reply.decode().splitlines()[0] == "ok=1"
    await program.agent_is("1002", "busy")
    status, headers, reply = await program.raw("GET", "/verbs/sign_out?agent=1002")
    assert (status, headers["Allow"], json.loads(reply)["error"]["code"]) == (405, "POST", "post-only")
    assert await program.state("1002") == "busy", "asking by GET changed nothing"
    await program.verb("sign_out", "1002")


@pytest.mark.req("CTI-4", "SEC-1")
async def test_each_key_may_do_only_what_it_is_for(center: Center, program: Program, keys: dict[str, str]) -> None:
    async def refusal(key: str, method: str, path: str, **options: object) -> str:
        async with Program(center.box.address, key) as other:
            with pytest.raises(ApiError) as refused:
                await other.ask(method, path, **options)
            return f"{refused.value.status} {refused.value.code}"

    public = keys["full"].split("_")[1]
    assert await refusal("", "GET", "/state") == "401 no-key"
    assert await refusal("hcc_0123456789_wrong", "GET", "/state") == "401 bad-key"
    assert await refusal(f"hcc_{public}_wrong", "GET", "/state") == "401 bad-key"
    assert await refusal(keys["old"], "GET", "/state") == "401 key-expired"
    assert await refusal(keys["elsewhere"], "GET", "/state") == "403 wrong-source"
    dial = {"json": {"agent": "1001", "number": "8025"}}
    assert await refusal(keys["reader"], "POST", "/verbs/dial", **dial) == "403 missing-scope"
    assert await refusal(keys["reader"], "GET", "/agents/1002") == "403 agent-not-allowed"
    assert await refusal(keys["reader"], "GET", "/events?agents=1002") == "403 agent-not-allowed"
    assert await refusal(keys["full"], "POST", "/verbs/take_over", json={"agent": "1001"}) == "404 not-found"
    assert await refusal(keys["full"], "POST", "/verbs/dial", json={"agent": "9999"}) == "404 no-such-agent"
    other_page = {"headers": {"Origin": "https://evil.example.org"}}
    assert await refusal(keys["full"], "GET", "/state", **other_page) == "403 wrong-origin"
    status, headers, _ = await program.raw("GET", "/state", headers={"Origin": "https://his.example.org"})
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://his.example.org")
    asking = {"Origin": "https://his.example.org", "Access-Control-Request-Method": "POST"}
    status, headers, _ = await program.raw("OPTIONS", "/verbs/dial", headers=asking)
    assert (status, headers["Access-Control-Allow-Methods"]) == (204, "POST")
    status, headers, _ = await program.raw("GET", "/agents/9999", headers={"Origin": "https://his.example.org"})
    assert (status, headers["Access-Control-Allow-Origin"]) == (404, "https://his.example.org"), "pages read errors too"
    token = (await program.ask("POST", "/tokens", json={"agent": "1003", "seconds": 60}))["token"]
    assert await refusal(token, "GET", "/agents/1002") == "403 agent-not-allowed"
    assert await refusal(token, "POST", "/tokens", json={"agent": "1003"}) == "403 missing-scope"
    assert await refusal(token[:-3] + "AAA", "GET", "/state") == "401 bad-key"
    async with Program(center.box.address, token) as page:
        assert [agent["number"] for agent in (await page.ask("GET", "/agents"))["agents"]] == ["1003"]


@pytest.mark.req("CTI-4")
async def test_agent_of_a_silent_program_becomes_busy_and_ready_again_when_it_is_back(
    center: Center, keys: dict[str, str], phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8003)
    board = await desk("manager", page="board")
    async with Program(center.box.address, keys["short lease"]) as silent:
        assert (await silent.verb("sign_in", "1003", phone="sip"))["lease_seconds"] == 2
        await silent.verb("ready", "1003")
        await silent.agent_is("1003", "ready")
        for _ in range(4):
            await asyncio.sleep(0.7)
            await silent.ask("POST", "/agents/1003/lease")
        assert await silent.state("1003") == "ready", "a lease that is renewed does not end"
        await board.until(lambda: board.agents[3]["cause"] == "client_lost", 5, "the manager sees the lost client")
        assert board.agents[3]["state"] == "busy"
        await silent.verb("ready", "1003")
        assert await silent.state("1003") == "ready"
        await silent.verb("sign_out", "1003")


@pytest.mark.req("CTI-4")
async def test_server_sent_events_and_long_polling_go_on_where_they_stopped(
    center: Center, program: Program, keys: dict[str, str]
) -> None:
    begun = (await program.ask("GET", "/events"))["seq"]
    waiting = asyncio.create_task(program.ask("GET", f"/events?since={begun}&wait=10&agents=1004"))
    await program.verb("sign_in", "1004", phone="sip")
    first = await waiting
    assert {event["data"]["agent"]["number"] for event in first["events"]} == {"1004"}
    await program.verb("sign_out", "1004")
    headers = {"Authorization": f"Bearer {keys['full']}", "Last-Event-ID": str(first["seq"])}
    url = f"{program.url}/events/stream?agents=1004&types=agent.state"
    async with program._session.get(url, headers=headers) as stream:
        lines = []
        async with asyncio.timeout(5):
            async for line in stream.content:
                lines.append(line.decode().strip())
                if '"signed_out"' in lines[-1]:
                    break
    assert f"id: {first['seq']}" not in lines
    assert "event: agent.state" in lines
    future = await program.ask("GET", f"/events?since={begun + 10**9}")
    assert future["resync"]
    assert future["state"]["seq"] <= future["seq"] or future["state"]["agents"]


class Receiver:
    """Another system's server: takes what webhooks send, checks the signature, has a bad time when told to."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self._secrets = secrets
        self.taken: dict[str, list[dict[str, Any]]] = {"good": [], "troubled": []}
        self.refused = 0
        self.trouble = False

    async def take(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await request.text()
        head = [request.headers[f"webhook-{part}"] for part in ("id", "timestamp")]
        key = base64.b64decode(self._secrets[name].removeprefix("whsec_"))
        proof = base64.b64encode(hmac.digest(key, ".".join([*head, body]).encode(), "sha256")).decode()
        assert request.headers["webhook-signature"] == f"v1,{proof}"
        assert abs(int(head[1]) - time.time()) < 300
        if name == "troubled" and self.trouble:
            self.refused += 1
            return web.Response(status=500)
        self.taken[name].append(json.loads(body))
        return web.Response()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{name}", self.take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "10.97.0.1", 9080).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


@pytest.mark.req("CTI-5", "CTI-1")
async def test_webhooks_tell_other_systems_and_keep_what_was_not_taken_over_a_crash(
    center: Center, keys: dict[str, str], phone: MakePhone, caller: MakePhone, desk: MakeDesk,
    announced: Announced,
) -> None:  # fmt: skip
    announced.add(*DESK_RESTARTS)
    await phone(8001)
    agent = await desk("agent1")
    secrets = make_keys(center.box, WEBHOOKS)
    async with Receiver(secrets) as receiver:
        seen = agent.seen
        await until(lambda: any("snapshot" in one.body for one in seen[1:]), 5, "the webhooks are known")
        await agent.work()
        receiver.trouble = True
        patient = await caller("13910000022")
        await patient.dial(at.QUEUE_DID)
        await agent.state("talking")
        expected = f"https://his.example.org/patient?phone=13910000022&to={at.QUEUE_DID}&agent=1001"
        assert agent.me["pop"] == {"url": expected, "opens": False}
        await patient.hang_up()
        await until(lambda: receiver.refused, 10, "the troubled system was tried")
        center.box.kill("hcc-desk.service")
        receiver.trouble = False
        await until(lambda: receiver.taken["troubled"], 20, "the troubled system gets it after all")
        (ended,) = receiver.taken["troubled"]
        assert (ended["type"], ended["data"]["outcome"]) == ("call.ended", "answered")
        wanted = {"call.started", "call.ringing", "call.answered", "call.ended"}

        def told() -> set[str]:
            good = receiver.taken["good"]
            return {event["type"] for event in good if event["data"]["call"]["caller"] == "13910000022"}

        await until(lambda: wanted <= told(), 20, "all is told")
        numbers = [event["seq"] for event in receiver.taken["good"]]
        again = len(numbers) - len(set(numbers))
        assert (numbers, again <= 1) == (sorted(numbers), True), "in order; at most one twice, on its way at the crash"
    await agent.reconnect()

    def failures(name: str) -> list[dict[str, Any]]:
        return center.query("SELECT last_status FROM webhook WHERE name = :name AND failures > 0", {"name": name})

    await until(lambda: failures("ourselves"), 10, "the other webhooks were tried")
    assert "nothing may be sent to localhost" in failures("ourselves")[0]["last_status"]
    await until(lambda: failures("nowhere"), 10, "nobody answers at the other address")
    center.box.run(PYTHON, "-", "", user="hcc", stdin=QUIET_DOWN)


QUIET_DOWN = """
import sqlite3
connection = sqlite3.connect("/var/lib/hcc/hcc.db", timeout=10)
connection.execute("UPDATE webhook SET active = 0")
connection.execute("UPDATE configuration_revision SET revision = revision + 1")
connection.commit()
"""
