"""What managers set up for the desk, and the lists the desktop asks for."""

import json
import re

import pytest
from sqlalchemy import insert, select

from appliance import clock
from appliance.callcenter.calls.tables import InteractionRow, WrapUpRow
from appliance.callcenter.live.tables import AgentStateRow
from appliance.callcenter.reasons.tables import PauseReasonRow
from tests.admin_site import text, words

REASON = {
    "name_zh": "喂奶",
    "name_en": "Nursing",
    "kind": "break",
    "tone": "purple",
    "limit_minutes": "30",
    "day_limit_minutes": "60",
    "position": "70",
    "active": "1",
}
CARD = {"title": "停诊通知", "business_type": "registration", "queue_id": "", "position": "5", "active": "1"}


async def json_of(visitor, path: str):
    answer = await visitor.get(path)
    assert answer.code == 200, text(answer)
    return json.loads(answer.body)


@pytest.mark.req("AGT-1")
async def test_a_pause_reason_is_made_changed_and_kept_once_used(hospital, manager):
    assert "小休" in words(await manager.get("/pause-reasons"))
    assert (await manager.post("/pause-reasons/new", REASON)).code == 303
    assert "已被使用" in words(await manager.post("/pause-reasons/new", REASON))
    async with hospital.site.sessions() as session, session.begin():
        row = await session.scalar(select(PauseReasonRow).where(PauseReasonRow.name_zh == "喂奶"))
        key, code = row.id, row.code
    assert re.fullmatch(r"pause_[0-9a-z]{16}", code)
    wrong = await manager.post(f"/pause-reasons/{key}", REASON | {"limit_minutes": "-1", "tone": "pink"})
    assert wrong.code == 422
    assert (await manager.post(f"/pause-reasons/{key}", REASON | {"limit_minutes": "20"})).code == 303
    async with hospital.site.sessions() as session, session.begin():
        used = {"id": f"x{code}"[:32], "agent_id": 1, "state": "busy", "cause": code, "at": 1, "interaction_id": ""}
        await session.execute(insert(AgentStateRow).values(used))
    assert "请停用而不要删除" in words(await manager.post(f"/pause-reasons/{key}/delete", {}))
    assert (await manager.post(f"/pause-reasons/{key}", REASON | {"active": ""})).code == 303


@pytest.mark.req("AGT-1")
async def test_a_phrase_card_reaches_the_desktop_and_braces_are_checked(hospital, manager, agent):
    wrong = await manager.post("/scripts/new", CARD | {"text": "您好{patiant}"})
    assert "没有 {patiant} 这个变量" in words(wrong)
    assert (await manager.post("/scripts/new", CARD | {"text": "{patient}您好，{hospital}通知"})).code == 303
    shown = words(await manager.post("/scripts/preview", {"text": "{patient}您好，<b>{hospital}</b>"}))
    assert "张三您好" in shown
    setup = await json_of(agent, "/desktop/setup.json")
    assert setup["hospital"] == "市第一人民医院"
    (card,) = [one for one in setup["scripts"] if one["title"] == "停诊通知"]
    assert card == card | {"business_type": "registration", "queue": None, "text": "{patient}您好，{hospital}通知"}
    assert "心血管内科" in {one["name"] for one in setup["departments"]}
    other = await manager.post("/scripts/new", CARD | {"text": "x", "queue_id": "999999"})
    assert other.code == 422


@pytest.mark.req("AGT-1", "AGT-2")
async def test_a_promised_call_is_listed_until_it_is_done_and_is_nobody_elses(hospital, agent):
    now = clock.now_ms()
    call = {
        "id": f"again{now}"[:16],
        "direction": "inbound",
        "caller": "13912340000",
        "agent_id": 1,
        "started_at": now,
        "ended_at": now,
        "outcome": "answered",
    }
    form = {"agent_id": 1, "business_type": "enquiry", "outcome": "follow_up", "notes": "周三再打"}
    async with hospital.site.sessions() as session, session.begin():
        session.add(InteractionRow(**call))
        await session.flush()
        session.add(WrapUpRow(interaction_id=call["id"], saved_at=now, call_again_at=now + 1000, **form))
    lists = await json_of(agent, "/desktop/lists.json")
    assert call["id"] in {one["id"] for one in lists["calls"]}
    (promise,) = [one for one in lists["again"] if one["call"] == call["id"]]
    assert (promise["number"], promise["notes"]) == ("13912340000", "周三再打")
    other = await hospital.visitor("agent2")
    assert (await other.post(f"/desktop/again/{promise['id']}", {})).code == 404
    assert (await agent.post(f"/desktop/again/{promise['id']}", {})).code == 200
    assert promise["id"] not in {one["id"] for one in (await json_of(agent, "/desktop/lists.json"))["again"]}
    assert (await agent.post(f"/desktop/again/{promise['id']}?undo=1", {})).code == 200
    assert promise["id"] in {one["id"] for one in (await json_of(agent, "/desktop/lists.json"))["again"]}


@pytest.mark.req("AGT-4")
@pytest.mark.parametrize("how", ["initials", "birth", "birth_written", "identity_end", "phone_end"])
async def test_a_patient_without_a_card_is_found_with_a_few_keys(hospital, agent, how):
    patient = (await json_of(agent, "/patients/search.json?q=wf&limit=1"))[0]
    page = text(await agent.get(f"/patients/{patient['id']}"))
    identity = re.search(r'name="identity_number"[^>]*value="(\d{17}[\dX])"', page)
    telephone = patient["phones"][0]["number"]
    wanted = {
        "initials": "wf",
        "birth": patient["birth_date"].replace("-", ""),
        "birth_written": patient["birth_date"],
        "identity_end": identity[1][-6:] if identity else "wf",
        "phone_end": telephone[-6:],
    }[how]
    found = await json_of(agent, f"/patients/search.json?q={wanted}")
    assert patient["id"] in {one["id"] for one in found}
