"""The desk's socket as browsers use it: real server, real sessions in SQLite, call control in memory."""

import asyncio
import json

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from appliance import clock, db
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.sign_in_service import SignInService, token_hash
from appliance.callcenter.people.tables import SessionRow
from appliance.config import ListenConfig
from appliance.webadmin.desk import application
from appliance.webadmin.desk.feed import Feed
from appliance.webadmin.desk.part import DeskWeb
from appliance.webadmin.permissions import PUBLIC, Permission, needs
from appliance.webadmin.sessions import COOKIE, Gate
from tests.desk_double import DeskDouble
from tests.desk_people import people_database, token_of


@pytest.fixture
async def sessions(tmp_path):
    async with people_database(tmp_path) as sessions:
        yield sessions


@pytest.fixture
async def control():
    return DeskDouble()


@pytest.fixture
async def port(sessions, control):
    web = DeskWeb(ListenConfig(address="127.0.0.1", port=0), control, Gate(SignInService(sessions, Passwords())), 0.3)
    await web.open()
    task = asyncio.create_task(web.run())
    yield web.port
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await web.close()


class Browser:
    """One tab with a session cookie."""

    def __init__(self, port, login, origin=None) -> None:
        self._port = port
        self._headers = {"Cookie": f"{COOKIE}={token_of(login)}", "Origin": origin or f"http://127.0.0.1:{port}"}
        self.seq = None
        self.run = ""
        self._waiting = []

    async def connect(self):
        self._socket = await websocket_connect(
            HTTPRequest(f"ws://127.0.0.1:{self._port}/desk/ws", headers=self._headers)
        )
        return self

    async def hello(self, page="desktop", tab="tab1", **more):
        await self.connect()
        await self.send({"hello": {"page": page, "tab": tab, "seq": self.seq, "run": self.run} | more})
        return await self.next()

    async def send(self, document):
        await self._socket.write_message(json.dumps(document))

    async def next(self):
        """The next message, or None when the server has closed."""
        if not self._waiting:
            async with asyncio.timeout(5):
                text = await self._socket.read_message()
            if text is None:
                return None
            frame = json.loads(text)
            self._waiting = frame if isinstance(frame, list) else [frame]
        message = self._waiting.pop(0)
        self.seq = message.get("seq", self.seq)
        self.run = message.get("run", self.run)
        return message

    async def until(self, kind):
        """Frames up to the first whose change (or frame) is of this kind; returns its body."""
        while True:
            message = await self.next()
            assert message is not None, f"closed with {self.closed_with} while waiting for {kind}"
            for part in (message, message.get("change", {})):
                if kind in part:
                    return part[kind]

    async def verb(self, verb, **arguments):
        await self.send({"id": 1, "verb": verb, "arguments": arguments})
        while True:
            message = await self.next()
            if message is None or "reply" in message:
                return message

    async def closed(self):
        while self.closed_with is None and await self.next() is not None:
            pass
        return self.closed_with

    @property
    def closed_with(self):
        return self._socket.close_code

    def cut(self):
        self._socket.close()


async def fetch(port, path, login=None, **headers):
    if login:
        headers["Cookie"] = f"{COOKIE}={token_of(login)}"
    return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}{path}", headers=headers, raise_error=False)


async def test_hello_brings_the_snapshot_and_then_every_change(port, control):
    browser = Browser(port, "agent1")
    first = await browser.hello()
    assert first["snapshot"]["me"]["state"] == "signed_out"
    assert len(first["snapshot"]["agents"]) == 6
    assert abs(first["now"] - clock.now_ms()) < 2000
    control.set_queue(1, waiting=3)
    assert (await browser.until("queue"))["waiting"] == 3


async def test_an_agent_sees_only_her_calls_and_the_board_sees_all(port, control):
    control.wait("c1", caller="13900000001")
    agent, board = Browser(port, "agent1"), Browser(port, "manager")
    assert (await agent.hello())["snapshot"]["calls"] == []
    assert len((await board.hello(page="board", tab="b"))["snapshot"]["calls"]) == 1
    control.ring(2)
    control.ring(1, call_id="mine")
    assert (await agent.until("call"))["id"] == "mine"
    assert (await board.until("call"))["id"] != "mine"
    assert (await board.until("call"))["id"] == "mine"


async def test_a_verb_is_carried_out_and_answered(port, control):
    browser = Browser(port, "agent1")
    await browser.hello()
    assert "ok" in await browser.verb("sign_in", phone="web")
    reply = await browser.verb("dial", number="01012345678")
    assert reply["ok"]["call"] in control.calls


@pytest.mark.parametrize(("login", "expected"), [("agent1", "不能拨打该号码"), ("agent2", "cannot be dialled")])
async def test_errors_speak_the_language_of_the_user(port, login, expected):
    browser = Browser(port, login)
    await browser.hello()
    error = (await browser.verb("dial", number="1&2"))["error"]
    assert error["code"] == "number-not-allowed"
    assert expected in error["message"]


async def test_wrong_arguments_and_unknown_verbs_are_answered_and_logged(port, caplog):
    browser = Browser(port, "agent1")
    await browser.hello()
    assert (await browser.verb("format_disk"))["error"]["code"] == "invalid"
    assert (await browser.verb("busy", nonsense=1))["error"]["code"] == "internal"
    assert "verb busy failed" in caplog.text
    assert "ok" in await browser.verb("busy", cause="rest")


async def test_who_may_not_use_a_desk_cannot(port):
    administrator = Browser(port, "admin")
    assert "snapshot" in await administrator.hello(page="board")
    assert (await administrator.verb("ready"))["error"]["code"] == "forbidden"
    other = Browser(port, "admin")
    await other.hello(page="desktop")
    assert await other.closed() == 4403


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[]",
        '"x"',
        '{"id":1,"verb":"ready"}',
        '{"hello":{"page":"desktop"}}',
        '{"ping":"soon"}',
        '{"hello":1}',
        "{}",
    ],
)
async def test_a_malformed_frame_ends_the_connection(port, frame):
    browser = await Browser(port, "agent1").connect()
    await browser._socket.write_message(frame)
    assert await browser.closed() == 4400


async def test_strangers_and_other_origins_stay_outside(port):
    for browser in (Browser(port, "nobody"), Browser(port, "agent1", origin="https://evil.example")):
        with pytest.raises(HTTPClientError) as refused:
            await browser.connect()
        assert refused.value.code in {401, 403}


async def test_a_returning_browser_gets_only_what_it_missed(port, control):
    browser = Browser(port, "agent1")
    await browser.hello()
    control.set_queue(1, waiting=1)
    await browser.until("queue")
    browser.cut()
    control.set_queue(1, waiting=2)
    control.set_queue(2, waiting=5)
    first = await browser.hello()
    assert first["change"]["queue"]["waiting"] == 2
    assert (await browser.until("queue"))["id"] == 2


async def test_a_browser_of_another_run_gets_a_snapshot(port, control):
    browser = Browser(port, "agent1")
    await browser.hello()
    browser.cut()
    assert "snapshot" in await browser.hello(run="other")


async def test_ping_is_answered_with_the_servers_clock_and_place(port, control):
    browser = Browser(port, "agent1")
    await browser.hello()
    control.set_queue(1, waiting=1)
    await browser.until("queue")
    await browser.send({"ping": 42})
    pong = await browser.next()
    assert pong["pong"] == 42
    assert pong["seq"] == browser.seq
    assert abs(pong["now"] - clock.now_ms()) < 2000


async def test_the_second_tab_is_told_and_takes_over_visibly(port, control):
    first, second = Browser(port, "agent1"), Browser(port, "agent1")
    await first.hello(tab="one")
    await first.verb("sign_in", phone="web")
    assert control.tabs[1] == "one"
    snapshot = (await second.hello(tab="two"))["snapshot"]
    assert snapshot["me"]["tab"] == "one"
    assert snapshot["me"]["sip"] is None, "the secret of the phone stays with the first tab"
    assert control.tabs[1] == "one", "nobody takes over unasked while the first tab lives"
    assert "ok" in await second.verb("take_over", tab="two")
    me = await first.until("me")
    while me["tab"] != "two":
        me = await first.until("me")
    assert me["sip"] is None


async def test_a_new_tab_owns_the_desk_when_the_old_one_is_gone(port, control):
    first, second = Browser(port, "agent1"), Browser(port, "agent1")
    await first.hello(tab="one")
    await first.verb("sign_in", phone="web")
    first.cut()
    await asyncio.sleep(0.1)
    await second.hello(tab="two")
    me = await second.until("me")
    assert me["tab"] == "two"
    assert me["sip"]["user"] == "web1"


async def test_a_duplicated_tab_ends_its_twin(port):
    first, second = Browser(port, "agent1"), Browser(port, "agent1")
    await first.hello(tab="same")
    await second.hello(tab="same")
    assert await first.closed() == 4409
    stranger = Browser(port, "agent2")
    await stranger.hello(tab="same")
    assert "ok" in await second.verb("sign_in", phone="web"), "another user's tab ends nobody"


async def test_the_connection_ends_soon_after_the_session(port, sessions):
    browser = Browser(port, "agent1")
    await browser.hello()
    async with sessions() as session, session.begin():
        row = await session.get(SessionRow, token_hash(token_of("agent1")))
        await session.delete(row)
    assert await browser.closed() == 4401


async def test_verbs_in_flight_are_bounded(port, control):
    control.free.clear()
    browser = Browser(port, "agent1")
    await browser.hello()
    for number in range(12):
        await browser.send({"id": number, "verb": "busy", "arguments": {"cause": "rest"}})
    refused = [await browser.next() for _ in range(4)]
    assert {message["error"]["code"] for message in refused} == {"too-many"}
    control.free.set()
    answered = set()
    while len(answered) < 8:
        answered.add((await browser.next()).get("reply"))


async def test_sip_is_only_for_signed_in_agents_and_our_own_pages(port, control):
    ours = {"Origin": f"http://127.0.0.1:{port}"}
    assert (await fetch(port, "/desk/sip-auth", **ours)).code == 401
    assert (await fetch(port, "/desk/sip-auth", "agent1", **ours)).code == 401
    control.do_sign_in(1, "web")
    assert (await fetch(port, "/desk/sip-auth", "agent1", **ours)).code == 204
    assert (await fetch(port, "/desk/sip-auth", "agent1")).code == 403
    assert (await fetch(port, "/desk/sip-auth", "agent1", Origin="https://evil.example")).code == 403
    assert (await fetch(port, "/desk/sip-auth", "admin", **ours)).code == 403


async def test_live_json_shows_the_board(port, control):
    control.wait("c1")
    live = json.loads((await fetch(port, "/desk/live.json", "manager")).body)
    assert [call["id"] for call in live["calls"]] == ["c1"]
    assert (await fetch(port, "/desk/live.json")).code == 401


def test_every_route_of_the_desk_program_says_who_may_use_it():
    control = DeskDouble()
    with control.changes.subscribe(1) as subscription:
        app = application(
            control,
            Feed(subscription),
            Gate(SignInService(db.sessions(db.open_engine("sqlite+aiosqlite://")), Passwords())),
        )
    access = {rule.matcher.regex.pattern: rule.target.access for rule in app.wildcard_router.rules}
    assert access == {
        "/desk/ws$": needs(Permission.DESK_USE, Permission.BOARD_VIEW, Permission.ROOMS_VIEW),
        "/desk/sip-auth$": needs(Permission.DESK_USE),
        r"/desk/live\.json$": needs(Permission.BOARD_VIEW),
        r"/desk/wall/(?P<token>[\w-]{20,100})$": PUBLIC,
    }
