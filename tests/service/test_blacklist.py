"""Callers on the blacklist: stopped before the call is answered or costs an agent anything."""

from collections.abc import AsyncIterator

import pytest

from tests import center as at
from tests.admin_site import words
from tests.administering import administer, taking_effect, visitor
from tests.center import Center
from tests.desk_client import RefusedError
from tests.service.conftest import AGENT_TONE, MakeDesk, MakePhone
from tests.sip.waiting import until
from tests.tones import loudness, read_wav, tone_level

RULES = """\
kind,number,action,reason
prefix,+86 1580000,busy,骚扰电话
number,015900000001,decline,骚扰电话
number,15900000002,message,骚扰电话
number,15900000003,silent,骚扰电话
hidden,,decline,骚扰电话
"""


@pytest.fixture(scope="module")
async def listed(center: Center) -> AsyncIterator[None]:
    async with taking_effect(center):
        answer = await visitor(center, "manager").upload("/blacklist/import", {}, "rules.csv", RULES.encode())
        assert "新增 5 条" in words(answer)
    yield
    async with taking_effect(center):
        for row in center.query("SELECT id FROM blacklist"):
            await visitor(center).post(f"/blacklist/{row['id']}/delete", {})


def hits(center: Center, number: str) -> int:
    return int(center.query("SELECT hits FROM blacklist WHERE key = :key", {"key": number})[0]["hits"])


@pytest.mark.req("PBX-10")
async def test_stopped_callers_ring_nobody_and_hear_what_the_entry_says(
    center: Center, listed: None, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    telephone, agent = await phone(8001), await desk("agent1")
    await agent.work()
    for number, code in (("15800001234", "486"), ("15900000001", "403"), ("anonymous", "403")):
        nuisance = await caller(number)
        await nuisance.dial(at.QUEUE_DID)
        assert code in (await nuisance.ended()).detail
        assert not nuisance.count("CALL_ESTABLISHED")
    told = await caller("15900000002")
    await told.dial(at.QUEUE_DID)
    await told.talks()
    await told.ended(12)
    assert loudness(told.heard()) > -40
    silent = await caller("15900000003")
    await silent.dial(at.QUEUE_DID)
    await silent.talks()
    await until(lambda: len(silent.heard()) > 12_000, 5, "the caller listens into the silence")
    assert loudness(silent.heard()) < -60
    await silent.hang_up()
    for number in ("15800001234", "15900000001", "", "15900000002", "15900000003"):
        assert (await center.interaction(number))["outcome"] == "blocked"
    await until(lambda: hits(center, "1580000") == 1, 3, "the hit is counted")
    recorded = await center.interaction("15900000003")
    (said, _), rate = read_wav(await center.recording(recorded["id"]))
    assert loudness(said) > -40
    assert tone_level(said, rate, AGENT_TONE) < -40
    assert not telephone.count("CALL_INCOMING")
    assert agent.me["state"] == "ready"
    searched = await visitor(center).get("/calls?outcome=blocked&number=15800001234")
    assert "15800001234" in searched.body.decode()


@pytest.mark.req("PBX-10", "CTI-2")
async def test_others_get_through_and_an_agent_proposes_a_caller(
    center: Center, listed: None, caller: MakePhone, phone: MakePhone, desk: MakeDesk
) -> None:
    await phone(8001)
    agent = await desk("agent1")
    await agent.work()
    nuisance = await caller("15900000009")
    await nuisance.dial(at.QUEUE_DID)
    await agent.state("talking")
    await agent.verb("propose_block", reason="反复推销")
    await nuisance.hang_up()
    await agent.state("wrap_up")
    (row,) = center.query("SELECT * FROM blacklist WHERE key = '15900000009'")
    assert (row["proposed"], row["added_by"], row["reason"]) == (1, "agent1", "反复推销")
    with pytest.raises(RefusedError) as refused:
        await agent.verb("propose_block", reason="反复推销", call=agent.me["wrap_up"]["call"])
    assert refused.value.code == "already-listed"
    page = words(await visitor(center, "manager").get("/blacklist"))
    assert "15900000009 待批准" in page
    await agent.write_up()
    await agent.state("ready")
    again = await caller("15900000009")
    await again.dial(at.QUEUE_DID)
    await agent.state("talking")
    await again.hang_up()
    await agent.state("wrap_up")
    fields = {"kind": "number", "number": "15900000009", "action": "busy", "expires_on": "", "reason": "反复推销"}
    await administer(center, f"/blacklist/{row['id']}", fields, "manager")
    await again.dial(at.QUEUE_DID)
    assert "486" in (await again.ended(after=len(again.events) - 1)).detail
