"""Work orders and departments on their pages: a whole life, who sees what, nasty input, export."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import select

from appliance.callcenter.departments.tables import DepartmentRow
from appliance.callcenter.work_orders.tables import WorkOrderRow
from tests.admin_site import text, words

NEW = {"business_type": "consultation", "urgency": "normal", "due": "", "telephone": "139 0000 0001"}
NASTY = "=cmd|' /C calc'!A0<script>alert(1)</script>"


async def department(hospital, name: str) -> str:
    async with hospital.site.sessions() as session:
        return str(await session.scalar(select(DepartmentRow.id).where(DepartmentRow.name == name)))


async def order(hospital, visitor, what: str, name: str = "心血管内科", **more: str) -> str:
    form = NEW | {"text": what, "department_id": await department(hospital, name)} | more
    made = await visitor.post("/orders/new", form)
    assert made.code == 303, words(made)
    return made.headers["Location"].rsplit("/", 1)[1]


async def act(visitor, key: str, action: str, **more: str):
    page = text(await visitor.get(f"/orders/{key}"))
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    return await visitor.post(f"/orders/{key}", {"action": action, "version": version} | more)


def offered(answer) -> set[str]:
    return set(re.findall(r'data-action="(\w+)"', text(answer)))


@pytest.mark.req("AGT-2")
async def test_an_order_is_accepted_replied_to_and_finished(hospital, agent):
    nurse = await hospital.visitor("cardiology")
    key = await order(hospital, agent, "想知道复查要不要空腹")
    assert offered(await agent.get(f"/orders/{key}")) == {"pass_on", "close", "withdraw", "remind", "note"}
    assert offered(await nurse.get(f"/orders/{key}")) == {"accept", "answer", "pass_on", "close", "note"}
    assert "想知道复查要不要空腹" in words(await nurse.get("/orders"))
    await act(agent, key, "remind")
    await act(nurse, key, "accept")
    silent = await act(nurse, key, "answer")
    assert (silent.code, "请填写说明" in words(silent)) == (422, True)
    await act(nurse, key, "answer", text="需要空腹，八点前到")
    page = words(await agent.get(f"/orders/{key}"))
    assert "已回复" in page
    assert "赵护士" in page
    assert (await act(agent, key, "close")).code == 303
    page = words(await agent.get(f"/orders/{key}"))
    for word in ("王丽 新建", "催办", "受理", "回复", "办结", "需要空腹，八点前到"):
        assert word in page
    assert f"#{key}" not in words(await agent.get("/orders?q=%E7%A9%BA%E8%85%B9"))
    assert f"#{key}" in words(await agent.get("/orders?status=closed&q=%E7%A9%BA%E8%85%B9"))


@pytest.mark.req("AGT-2")
async def test_an_order_passed_on_leaves_a_trace_for_both_departments(hospital, agent, manager):
    nurse = await hospital.visitor("cardiology")
    key = await order(hospital, agent, "病历复印转医务科")
    refused = await act(nurse, key, "pass_on", text="不属于我科")
    assert "请选择另一个科室" in words(refused)
    assert "不属于我科" in text(refused), "what was written stays"
    place = await department(hospital, "医务科")
    assert (await act(nurse, key, "pass_on", text="不属于我科", department_id=place)).code == 303
    assert offered(await nurse.get(f"/orders/{key}")) == {"note"}, "seen, but no longer theirs"
    assert "医务科" in words(await manager.get(f"/orders/{key}"))
    other = await order(hospital, agent, "与心内科无关", name="门诊部")
    assert (await nurse.get(f"/orders/{other}")).code == 404
    assert (await nurse.post(f"/orders/{other}", {"action": "note", "version": "1", "text": "x"})).code == 404
    assert "与心内科无关" not in words(await nurse.get("/orders"))


async def test_of_two_at_once_the_second_is_told(hospital, agent):
    nurse = await hospital.visitor("cardiology")
    key = await order(hospital, agent, "两人同时处理")
    await act(nurse, key, "accept")
    late = await nurse.post(f"/orders/{key}", {"action": "answer", "version": "1", "text": "我也来"})
    assert (late.code, "已被他人修改" in words(late)) == (409, True)
    again = await act(nurse, key, "accept")
    assert again.code == 409
    stranger = await act(agent, key, "accept")
    assert stranger.code in {403, 409}


async def test_nasty_input_is_shown_as_it_is_and_harmless_in_a_file(hospital, agent):
    key = await order(hospital, agent, NASTY)
    page = text(await agent.get(f"/orders/{key}"))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    file = (await agent.get(f"/orders?format=csv&q={key}")).body.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert {row["事项内容"] for row in rows if row["编号"] == key} == {"'" + NASTY}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("text", "", "请填写"),
        ("text", "a\u202eb", "不允许"),
        ("text", "长" * 4001, "4000"),
        ("department_id", "999999", "不接收工单"),
        ("department_id", "1;drop", "请选择"),
        ("business_type", "nonsense", "请选择"),
        ("urgency", "", "请选择"),
        ("due", "tomorrow", "日期和时间"),
        ("due", "1999-01-01T10:00", "十二个月"),
        ("patient_id", "999999", "没有这位患者"),
        ("telephone", "12&SIP/1", "0-9"),
    ],
)
async def test_a_wrong_field_is_named_and_the_rest_is_kept(hospital, agent, field, value, said):
    form = NEW | {"text": "保留我", "department_id": await department(hospital, "门诊部")} | {field: value}
    answer = await agent.post("/orders/new", form)
    assert answer.code == 422
    if said != "0-9":
        assert said in words(answer)
    if field != "text":
        assert "保留我" in text(answer)


@pytest.mark.req("AGT-2")
async def test_overdue_orders_are_marked_and_found(hospital, agent):
    key = await order(hospital, agent, "会超时的工单")
    async with hospital.site.sessions() as session, session.begin():
        (await session.get(WorkOrderRow, int(key))).due_at = 1
    listed = text(await agent.get("/orders?overdue=1&q=%E8%B6%85%E6%97%B6%E7%9A%84"))
    assert f"#{key}" in listed
    assert 'class="late"' in listed
    assert "超时" in words(await agent.get(f"/orders/{key}"))


@pytest.mark.req("AGT-1", "AGT-2")
async def test_the_desktop_makes_an_order_and_the_patients_panel_shows_it(hospital, agent):
    token = await agent.token("/account")
    headers = {"Content-Type": "application/json", "X-XSRFToken": token}
    body = NEW | {"text": "从工作台创建", "department_id": await department(hospital, "门诊部"), "patient_id": "1"}
    made = await agent.request("POST", "/orders/quick.json", json.dumps(body).encode(), headers)
    assert made.code == 201, text(made)
    order_id = json.loads(made.body)["id"]
    panel = words(await agent.get("/patients/1/panel"))
    assert f"#{order_id}" in panel
    assert "从工作台创建" in panel
    wrong = await agent.request("POST", "/orders/quick.json", json.dumps(body | {"text": ""}).encode(), headers)
    assert (wrong.code, json.loads(wrong.body)["error"]["field"]) == (422, "text")


async def test_a_department_lives_and_one_with_orders_stays(hospital, manager):
    form = {"name": "康复科", "telephone": "8105", "due_hours": "12", "active": "1", "user_ids": []}
    assert (await manager.post("/departments/new", form)).code == 303
    assert "已被使用" in words(await manager.post("/departments/new", form))
    key = await department(hospital, "康复科")
    assert "康复科" in words(await manager.get("/departments?q=8105"))
    assert (await manager.post(f"/departments/{key}", form | {"due_hours": "0"})).code == 422
    assert (await manager.post(f"/departments/{key}/delete", {})).code == 303
    used = await department(hospital, "心血管内科")
    kept = await manager.post(f"/departments/{used}/delete", {})
    assert "请停用而不要删除" in words(kept)
