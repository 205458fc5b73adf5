"""Telephones' registrations: read off the console, kept in the database, put back before Asterisk starts."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from appliance import clock, db, schema
from appliance.callcenter.live import registrations
from appliance.callcenter.live.registrations import Registrations
from appliance.callcenter.live.tables import RegistrationRow
from appliance.pbx import contacts
from appliance.pbx.console import Console
from appliance.pbx.contacts import Contact

pytestmark = pytest.mark.req("HA-2")


def document(seconds: int, lasting: str = "no") -> str:
    expires = clock.now_ms() // 1000 + seconds
    return json.dumps({"uri": "sip:8001@10.0.0.1: 5060", "prune_on_boot": lasting, "expiration_time": str(expires)})


def line(telephone: str, digest: str, text: str) -> str:
    return f"/registrar/contact/{telephone};@{digest}: {text}"


def test_what_the_console_says_is_understood() -> None:
    said = [
        line("8001", "aa", document(300)),
        line("web7", "bb", document(300, "yes")),
        line("8002", "cc", "{broken"),
        line("8003", "dd", "[]"),
        "3 results found.",
    ]
    assert list(contacts.told("\n".join(said))) == ["8001;@aa"], "a browser's connection ends with the box"
    assert contacts.told("No such command") == {}


def test_of_each_telephone_the_latest_is_put_back_and_none_that_is_over(tmp_path: Path) -> None:
    now = clock.now_ms()
    one, two = Contact("8001;@aa", document(60), now + 60_000), Contact("8001;@bb", document(300), now + 300_000)
    over = Contact("8002;@cc", document(-5), now - 5_000)
    assert contacts.put_back(tmp_path, [one, over], now) == 1
    assert contacts.put_back(tmp_path, [two], now) == 1, "what Asterisk left itself counts too"
    with sqlite3.connect(tmp_path / contacts.FILE) as database:
        assert database.execute("SELECT key, value FROM astdb").fetchall() == [
            ("/registrar/contact/8001;@bb", two.document)
        ]
    (tmp_path / contacts.FILE).write_bytes(b"half a file")
    assert contacts.put_back(tmp_path, [one], now) == 1


async def test_the_database_follows(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    await asyncio.to_thread(schema.upgrade, url)
    engine, plain, console = db.open_engine(url), db.open_plain_engine(url), Console("/nowhere")
    sessions = db.sessions(engine)

    async def known() -> set[str]:
        async with sessions() as session:
            return {one.key for one in await registrations.load(session)}

    two = "\n".join([line("8001", "aa", document(300)), line("8002", "bb", document(300))])
    await Registrations(plain, console).take(two)
    assert await known() == {"8001;@aa", "8002;@bb"}
    after = Registrations(plain, console)
    await after.take(line("8003", "cc", document(300)))
    assert await known() == {"8001;@aa", "8002;@bb", "8003;@cc"}, "an Asterisk that has forgotten takes nothing away"
    await after.take(line("8003", "dd", document(-1)))
    assert await known() == {"8001;@aa", "8002;@bb"}, "it moved, and that is over"
    async with sessions() as session:
        assert len(list(await session.scalars(select(RegistrationRow)))) == 2
    await engine.dispose()
    plain.dispose()
