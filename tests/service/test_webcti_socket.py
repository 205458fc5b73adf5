"""Verbs over the websocket of events: the same as by POST, and nothing that is sent there breaks it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from tests import center as at
from tests.center import PYTHON, Center
from tests.service.conftest import MakePhone
from tests.sip.waiting import until
from tests.webcti_client import Program, known_keys

pytestmark = pytest.mark.req("CTI-4")


@pytest.fixture(scope="module")
async def keys(center: Center) -> dict[str, str]:
    wanted = {
        "keys": [
            {"name": "socket"},
            {"name": "socket reader", "may_agent": False, "may_dial": False, "agents": ["1001"]},
            {"name": "socket slow", "per_second": 5},
        ]
    }
    return await known_keys(center.box, wanted)


NEW_SECRET = """
import asyncio, sys
from appliance import config, db
from appliance.callcenter.integrations import key_store
from appliance.callcenter.integrations.key_service import KeyService
from appliance.callcenter.people.model import Author

async def main():
    engine = db.open_engine(config.load().database.url)
    keys = KeyService(db.sessions(engine))
    async with db.sessions(engine)() as session:
        known = await key_store.usable(session)
    await keys.new_secret(next(key.id for key in known if key.name == sys.argv[1]), Author(None, "tests"))
    await engine.dispose()

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def listening(center: Center, key: str) -> AsyncIterator[Program]:
    async with Program(center.box.address, key) as program:
        await program.listen()
        await program.hears(lambda: program.frames, what="the picture")
        yield program


@pytest.mark.req("CTI-2", "CTI-3")
async def test_a_call_is_made_muted_and_ended_over_the_socket_that_tells_of_it(
    center: Center, keys: dict[str, str], phone: MakePhone
) -> None:
    await phone(8001)
    await phone(at.SPARE)
    async with listening(center, keys["socket"]) as program:
        signed_in = await program.wish("sign_in", "1001", phone="sip")
        assert (signed_in["ok"], signed_in["lease_seconds"]) == (True, 120)
        await program.wish("ready", "1001")
        dialled = await program.wish("dial", "1001", "socket-1", number=str(at.SPARE))
        again = await program.wish("dial", "1001", "socket-1", number=str(at.SPARE))
        assert again["answer"] == dialled["answer"]
        assert (again["replayed"], "replayed" in dialled) == (True, False)
        await program.hears(lambda: "call.answered" in program.types(), what="both talk")
        assert (await program.wish("mute", "1001", on=True))["ok"]
        assert [call["muted"] for call in (await program.ask("GET", "/calls"))["calls"]] == [True]
        assert (await program.wish("hang_up", "1001"))["ok"]
        await program.hears(lambda: "call.ended" in program.types(), what="the end of the call")
        refused = await program.wish("mute", "1001", on=True)
        assert (refused["ok"], refused["error"]["code"]) == (False, "wrong-state")
        assert (await program.wish("sign_out", "1001"))["ok"]
    lines = center.query("SELECT login, detail FROM audit WHERE action = 'verb' ORDER BY id")
    assert ("webcti:socket", "静音 Mute (on: True)") in [(line["login"], line["detail"]) for line in lines]


NASTY: tuple[tuple[str | bytes, object, str], ...] = (
    ("", "", "invalid"),
    ("no JSON", "", "invalid"),
    ("[]", "", "invalid"),
    ("7", "", "invalid"),
    ("{}", "", "invalid"),
    (b"\xff\xfe\x00", "", "invalid"),
    (b'{"verb": "ready", "id": 1, "agent": "1001", "arguments": {"x": "\xff"}}', 1, "invalid"),
    ('{"verb": "ready", "id": {"a": 1}}', "", "invalid"),
    ('{"verb": null, "id": 2}', 2, "invalid"),
    ('{"verb": "ready", "id": 3, "arguments": []}', 3, "invalid"),
    ('{"verb": "ready", "id": 4, "agent": 1001}', 4, "invalid"),
    ('{"verb": "ready", "id": 5, "sudo": true}', 5, "invalid"),
    ('{"verb": "ready", "id": 6, "idempotency_key": "键"}', 6, "invalid"),
    (json.dumps({"verb": "ready", "id": 7, "idempotency_key": "k" * 65}), 7, "invalid"),
    ('{"verb": "ready", "id": 8}', 8, "invalid"),
    ('{"verb": "take_over", "id": "x", "agent": "1001"}', "x", "not-found"),
    ('{"verb": "no such", "id": 9, "agent": "1001"}', 9, "not-found"),
    ('{"verb": "ready", "id": 10, "agent": "9999"}', 10, "no-such-agent"),
    ('{"verb": "mute", "id": 11, "agent": "1001", "arguments": {"on": "perhaps"}}', 11, "invalid"),
    ('{"verb": "dial", "id": 12, "agent": "1001", "arguments": {"number": "1;DROP TABLE"}}', 12, "wrong-state"),
)


async def test_what_cannot_be_read_is_refused_by_name_and_the_socket_goes_on(
    center: Center, keys: dict[str, str]
) -> None:
    async with listening(center, keys["socket"]) as program:
        for frame, number, code in NASTY:
            program.answers.clear()
            await program.send(frame)
            answer = await program.answer_to(number)
            assert (answer["ok"], answer["error"]["code"]) == (False, code), frame
            assert answer["error"]["message"]
        assert (await program.wish("sign_out", "1001"))["error"]["code"] == "wrong-state"


async def test_the_key_counts_at_every_verb(center: Center, keys: dict[str, str]) -> None:
    async with listening(center, keys["socket reader"]) as program:
        assert (await program.wish("ready", "1001"))["error"]["code"] == "missing-scope"
    async with listening(center, keys["socket slow"]) as program:
        told = await asyncio.gather(*(program.wish("ready", "9999") for _ in range(40)))
        codes = [one["error"]["code"] for one in told]
        assert set(codes) == {"no-such-agent", "too-many"}
        assert all(one["error"]["retry_after"] >= 1 for one in told if one["error"]["code"] == "too-many")
        assert codes.index("too-many") >= 5
    async with Program(center.box.address, keys["socket"]) as program:
        token = (await program.ask("POST", "/tokens", json={"agent": "1003", "seconds": 30}))["token"]
    async with listening(center, token) as page:
        assert (await page.wish("ready", "1002"))["error"]["code"] == "agent-not-allowed"
        center.box.run(PYTHON, "-", "socket", user="hcc", stdin=NEW_SECRET)

        async def refused() -> bool:
            return bool((await page.wish("ready", "1003"))["error"]["code"] == "bad-key")

        await until(refused, 5, "a secret that was replaced counts no more, nor do tokens made with it")
