"""What should not be there is put right, counted and shown; whose page is gone is seen."""

import asyncio
import json

import pytest

from tests import center as at
from tests.center import PYTHON, Center
from tests.service.conftest import Announced, MakeDesk, MakePhone
from tests.sip.waiting import until

ARI = """
import sys, base64, json, urllib.request
from appliance import config
known = config.load().pbx
secret = open(known.secret_file).read().strip()
for method, path in json.loads(sys.argv[1]):
    request = urllib.request.Request(known.ari_url.replace("ws", "http", 1) + path, method=method)
    token = base64.b64encode(f"{known.user}:{secret}".encode()).decode()
    request.add_header("Authorization", f"Basic {token}")
    urllib.request.urlopen(request, timeout=5).read()
"""
ORPHAN = "0123456789abcdef"


def ari(center: Center, *requests: tuple[str, str]) -> None:
    """Ask Asterisk behind call control's back."""
    center.box.run(PYTHON, "-", json.dumps(requests), user="hcc", stdin=ARI)


@pytest.mark.req("HA-5")
async def test_what_nobody_knows_is_taken_down_and_whose_page_is_gone_is_shown(
    center: Center, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(r"repaired: orphan_(channel|bridge) 0123456789abcdef")
    telephone, _ = await phone(at.SPARE, answers=False), await phone(8001)
    board, agent = await desk("manager", page="board"), await desk("agent2")
    away = await desk("agent1")
    await away.work()
    assert board.agents[1]["page_online"]
    await away.disconnect()
    before = board.repairs["counts"].get("orphan_channel", 0)
    ari(
        center,
        ("POST", f"/channels?endpoint=PJSIP/{at.SPARE}&app=hcc&appArgs=leg,{ORPHAN}&channelId={ORPHAN}-1"),
        ("POST", f"/bridges?type=mixing&bridgeId={ORPHAN}-b"),
    )
    await telephone.rings()
    await telephone.ended(15)
    await board.until(lambda: board.repairs["counts"].get("orphan_channel", 0) == before + 1, 5, "the manager sees it")
    await until(lambda: not center.bridges(), 5, "the bridge is gone too")
    assert {f"{ORPHAN}-1", f"{ORPHAN}-b"} <= {one["subject"] for one in board.repairs["last"][:3]}
    assert agent.repairs is None, "agents are not told"
    await until(lambda: "orphan_channel" in center.box.run("hcc", "status"), 3, "the console says so")
    await board.until(lambda: not board.agents[1]["page_online"], 10, "her page is shown as gone")
    assert board.agents[1]["state"] == "ready", "at the desk phone she works without a page"
    await away.connect()
    await board.until(lambda: board.agents[1]["page_online"], 3, "it is back")


@pytest.mark.req("HA-5")
async def test_phone_rings_on_when_call_control_is_killed(
    center: Center, caller: MakePhone, phone: MakePhone, desk: MakeDesk, announced: Announced
) -> None:
    announced.add(r"hcc-desk\.service", r"asterisk.*(websocket|WebSocket|ARI|Stasis)")
    telephone, agent = await phone(8001, answers=False), await desk("agent1")
    await agent.work()
    patient = await caller("13950000001")
    await patient.dial(at.QUEUE_DID)
    await telephone.rings()
    await agent.state("ringing")
    await center.stored(agent.me["call"], "ringing")
    since, call = agent.me["since"], agent.me["call"]
    await until(
        lambda: any(f'"state":"ringing","cause":"","since":{since}' in row for row in center.live()), 3, "stored"
    )
    center.box.kill("hcc-desk.service")
    await agent.reconnect()
    await agent.until(lambda: agent.pbx, 5, "call control is back")
    await asyncio.sleep(0.3)
    assert (agent.me["state"], agent.me["call"], agent.me["since"]) == ("ringing", call, since)
    assert telephone.count("CALL_INCOMING") == 1, "it did not ring anew"
    await telephone.answer()
    await agent.state("talking")
    assert agent.me["call"] == call
    await patient.hang_up()
    assert (await center.interaction("13950000001"))["outcome"] == "answered"
