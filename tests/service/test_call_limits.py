"""Outside calls within limits: what is refused says why, the alarm stops a telephone until it is released."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from appliance.callcenter.call_limits.model import Policy
from tests.administering import administer, visitor
from tests.center import PYTHON, Center
from tests.desk_client import RefusedError
from tests.service.conftest import Announced, MakeDesk, MakePhone
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import loudness

NATIONAL = dict.fromkeys(("local", "service", "mobile", "long_distance"), "1")
CAPS = dict.fromkeys(("at_once", "calls_per_hour", "calls_per_day", "minutes_per_day"), "0")


def rules(**changes: str | int) -> dict[str, str]:
    usual = {name: str(getattr(Policy(), name)) for name in Policy.__struct_fields__}
    return {**usual, "block": "1", **{name: str(value) for name, value in changes.items()}}


@pytest.fixture
async def limits(center: Center, announced: Announced) -> AsyncIterator[None]:
    """What the test enters is taken back behind it."""
    yield
    await administer(center, "/limits/rules", rules())
    for row in center.query("SELECT id FROM call_limit"):
        await administer(center, f"/limits/{row['id']}/delete", {})


@contextlib.asynccontextmanager
async def refused(code: str) -> AsyncIterator[None]:
    with pytest.raises(RefusedError) as refusal:
        yield
    assert refusal.value.code == code


@pytest.mark.req("PBX-10")
async def test_classes_night_and_caps_refuse_with_a_code_and_a_prompt(
    center: Center, carrier: Phone, limits: None, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    async with refused("outside-not-allowed"):
        await agent.verb("dial", number="0044207183875")
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    begin, end = (now - timedelta(minutes=5)).strftime("%H:%M"), (now + timedelta(minutes=50)).strftime("%H:%M")
    await administer(center, "/limits/rules", rules(night_from=begin, night_to=end))
    async with refused("outside-night"):
        await agent.verb("dial", number="13930000001")
    before = len(carrier.events)
    await telephone.dial("13930000001")
    await telephone.talks()
    await telephone.ended(12)
    assert loudness(telephone.heard()) > -40
    assert len(carrier.events) == before
    limit = {"target": "extension:8001", **NATIONAL, **CAPS, "night": "1", "at_once": "1"}
    await administer(center, "/limits/new", limit)
    await agent.verb("dial", number="13930000002")
    await carrier.rings(after=before)
    await agent.verb("hang_up")
    await agent.state("ready")
    await administer(center, "/limits/new", {"target": "trunk:carrier", **CAPS, "calls_per_hour": "1"})
    await administer(center, "/limits/new", {"target": "trunk:mass", **CAPS, "calls_per_hour": "1"})
    kept = {row["subject"]: row["id"] for row in center.query("SELECT id, subject FROM call_limit")}
    await administer(center, f"/limits/{kept['8001']}", {**limit, "calls_per_day": "1"})
    async with refused("outside-limit"):
        await agent.verb("dial", number="13930000003")
    center.box.run("systemctl", "restart", "hcc-desk")
    await agent.reconnect()
    async with refused("outside-limit"):
        await agent.verb("dial", number="13930000003")
    lines = center.query("SELECT detail FROM audit WHERE action = 'refuse' AND subject_id = '8001'")
    assert {line["detail"].rpartition(" ")[2] for line in lines} >= {"not-allowed", "night", "limit"}


@pytest.mark.req("PBX-10")
async def test_too_many_failed_calls_raise_the_alarm_and_stop_the_telephone_until_released(
    center: Center, carrier: Phone, limits: None, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add("outside calls of 8002")
    await administer(center, "/limits/rules", rules(window_failed=3))
    await phone(8002)
    agent = await desk("agent2")
    await agent.work()
    for _ in range(3):
        async with refused("outside-not-allowed"):
            await agent.verb("dial", number="0044207183875")
    async with refused("outside-blocked"):
        await agent.verb("dial", number="13930000004")
    page = visitor(center, "manager")
    rows = await until(lambda: center.query("SELECT id FROM condition WHERE cleared_at IS NULL"), 5, "the alarm")
    status = await page.request("GET", "/status.json", headers={"Accept": "application/json"})
    assert "8002" in status.body.decode()
    center.box.run("systemctl", "restart", "hcc-desk")
    await agent.reconnect()
    async with refused("outside-blocked"):
        await agent.verb("dial", number="13930000004")
    await administer(center, f"/conditions/{rows[0]['id']}/clear", {}, "manager")
    before = len(carrier.events)
    await agent.verb("dial", number="13930000004")
    await carrier.rings(after=before)
    await agent.verb("hang_up")
    await agent.state("ready")


OWN, HOUSE = 51, 52
"""Queues that call back: the agent first, the patient first."""


@pytest.fixture(scope="module")
async def queues(center: Center) -> None:
    usual = {"ring_seconds": 6, "members": [21, 22], "callback_gap_minutes": 0}
    modes = {OWN: "agent", HOUSE: "patient"}
    wanted = [
        {"id": key, "name": mode, "number": f"73{key}", "did": f"855510{key}", "callback_mode": mode, **usual}
        for key, mode in modes.items()
    ]
    seed(center, "extra_seed.py", wanted)
    async with center.desk("manager", page="board") as board:
        await board.until(lambda: HOUSE in board.queues, 5, "the queues are known")


def seed(center: Center, script: str, what: object) -> None:
    text = (Path(__file__).parents[1] / script).read_text()
    center.box.run(PYTHON, "-", json.dumps(what), user="hcc", stdin=text)


async def owed(center: Center, number: str, state: str, reason: str) -> str:
    """Wait until the callback is so; its id."""

    def found() -> list[dict[str, Any]]:
        rows = center.query("SELECT id, state, reason FROM callback WHERE number = :number", {"number": number})
        return [row for row in rows if (row["state"], row["reason"]) == (state, reason)]

    rows = await until(found, 5, f"{number} is {state}: {reason}")
    return str(rows[0]["id"])


@pytest.mark.req("PBX-10", "ACD-6")
async def test_callbacks_keep_within_the_limits_and_say_what_stands_in_their_way(
    center: Center, carrier: Phone, limits: None, queues: None, phone: MakePhone, desk: MakeDesk
) -> None:
    local = {"target": "extension:8021", "local": "1", **CAPS}
    await administer(center, "/limits/new", local)
    await administer(center, "/limits/new", {**local, "target": "extension:8022"})
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    begin, end = (now - timedelta(minutes=5)).strftime("%H:%M"), (now + timedelta(minutes=50)).strftime("%H:%M")
    await administer(center, "/limits/rules", rules(night_from=begin, night_to=end))
    before, telephone, agent = len(carrier.events), await phone(8021), await desk("agent21")
    await agent.work()
    seed(center, "owed_seed.py", [(OWN, "13950000031"), (HOUSE, "13950000032")])
    await owed(center, "13950000031", "failed", "not-allowed")
    late = await owed(center, "13950000032", "waiting", "night")
    await agent.verb("drop_callback", callback=late, reason="试验")
    kept = {row["subject"]: row["id"] for row in center.query("SELECT id, subject FROM call_limit")}
    await administer(center, f"/limits/{kept['8022']}/delete", {})
    seed(center, "owed_seed.py", [(OWN, "13950000033")])
    key = await owed(center, "13950000033", "waiting", "not-allowed")
    async with refused("outside-not-allowed"):
        await agent.verb("call_back", callback=key)
    assert agent.me["state"] == "ready"
    assert (len(carrier.events), telephone.count("CALL_INCOMING")) == (before, 0), "nobody was rung"
    accept = {"Accept": "application/json"}
    page = await visitor(center, "agent21").request("GET", "/callbacks/open.json", headers=accept)
    assert {row["number"]: row["reason"] for row in json.loads(page.body)["rows"]}["13950000033"] == "not-allowed"
    await administer(center, "/limits/rules", rules())
    await administer(center, f"/limits/{kept['8021']}", {**local, **NATIONAL, "calls_per_day": "1"})
    await agent.verb("call_back", callback=key)
    await carrier.rings(after=before)
    await agent.verb("hang_up")
    await agent.state("ready")
    await owed(center, "13950000033", "waiting", "limit")
    await agent.verb("drop_callback", callback=key, reason="试验")
