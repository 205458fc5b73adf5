"""Users, agents, extensions, queues, trunks, outside numbers, settings: lists, forms, deletion, audit."""

import csv
import hashlib
import io
import re

import pytest
from sqlalchemy import select

from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.people.tables import AuditRow
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.trunks.tables import TrunkRow
from tests.admin_site import text, words

USER = {
    "login": "",
    "name": "测试用户",
    "role": "agent",
    "language": "zh_CN",
    "password": "a first secret",
    "active": "1",
}
QUEUE = {
    "name": "",
    "number": "",
    "ring_seconds": "15",
    "wrap_up_seconds": "30",
    "service_level_seconds": "20",
    "announce_seconds": "60",
    "callback_mode": "off",
    "callback_key": "1",
    "callback_attempts": "3",
    "callback_gap_minutes": "5",
    "callback_expiry_hours": "24",
    "strategy": "longest_idle",
    "age_points": "10",
    "sticky_tried_days": "0",
    "sticky_talked_days": "0",
    "sticky_wait_seconds": "0",
}
TRUNK = {
    "name": "",
    "kind": "register",
    "host": "sip.carrier.example",
    "port": "5060",
    "transport": "udp",
    "username": "85550000",
    "password": "line-secret-77",
    "caller_number": "85550000",
    "outbound_strip": "0",
    "outbound_prefix": "",
    "order": "10",
    "max_calls": "30",
    "active": "1",
}


async def revision(hospital) -> int:
    async with hospital.site.sessions() as session:
        return await settings_store.revision(session)


async def audit(hospital, kind: str) -> list[tuple[str, str]]:
    """(action, detail) of all lines about such records, newest first."""
    async with hospital.site.sessions() as session:
        query = select(AuditRow.action, AuditRow.detail).where(AuditRow.subject_kind == kind)
        return [tuple(row) for row in await session.execute(query.order_by(AuditRow.id.desc()))]


async def id_of(visitor, path: str, wanted: str) -> str:
    found = re.search(rf'href="{path}/(\d+)"[^>]*>{wanted}<', text(await visitor.get(f"{path}?q={wanted}")))
    assert found is not None, f"{wanted} is not in {path}"
    return found[1]


async def test_a_user_lives_from_creation_to_deletion(hospital, admin):
    created = await admin.post("/users/new", USER | {"login": "nurse9"})
    assert created.headers["Location"] == "/users"
    listed = words(await admin.follow(created))
    assert "已创建" in listed
    assert "nurse9" in listed
    assert "已创建" not in words(await admin.get("/users"))
    user_id = await id_of(admin, "/users", "nurse9")

    new = await hospital.site.signed_in("nurse9", "a first secret")
    assert (await new.get("/calls")).headers["Location"] == "/account"
    assert "请先设置您自己的密码" in words(await new.get("/account"))
    own = {"old": "a first secret", "new": "my own secret 5", "repeated": "my own secret 5"}
    assert (await new.post("/account", own)).headers["Location"] == "/"
    assert (await new.get("/calls")).code == 200

    change = {**USER, "login": "nurse9", "role": "manager", "password": ""}
    assert (await admin.post(f"/users/{user_id}", change)).code == 303
    assert (await new.get("/calls")).headers["Location"].startswith("/login"), "another role, another session"
    again = await hospital.site.signed_in("nurse9", "my own secret 5")
    assert (await again.get("/queues")).code == 200

    disabled = {key: value for key, value in change.items() if key != "active"}
    await admin.post(f"/users/{user_id}", disabled)
    assert (await again.get("/calls")).headers["Location"].startswith("/login")
    refused = await hospital.site.visitor().post(
        "/login", {"login": "nurse9", "password": "my own secret 5"}, page="/login"
    )
    assert refused.code == 401

    assert "nurse9" not in words(await admin.get(f"/users/{user_id}/delete"))
    assert "测试用户" in words(await admin.get(f"/users/{user_id}/delete"))
    assert (await admin.post(f"/users/{user_id}/delete", {})).headers["Location"] == "/users"
    assert (await admin.get(f"/users/{user_id}")).code == 404
    lines = await audit(hospital, "user")
    assert lines[0] == ("delete", lines[0][1])
    assert not any("secret" in detail for _, detail in lines)


async def test_problems_stand_beside_their_fields_and_what_was_typed_stays(admin):
    answer = await admin.post("/users/new", USER | {"login": "Bad Login", "name": "", "password": "12345678"})
    page = text(answer)
    assert answer.code == 422
    assert 'value="Bad Login"' in page
    assert re.search(r'id="f-login"[^>]*aria-invalid="true"', page)
    assert "请填写此项" in page
    assert "12345678" not in page
    answer = await admin.post("/users/new", USER | {"login": "admin"})
    assert "已被使用" in words(answer)


async def test_the_last_administrator_stays(hospital, admin):
    user_id = await id_of(admin, "/users", "admin")
    change = {"login": "admin", "name": "周管理", "role": "agent", "language": "zh_CN", "active": "1"}
    answer = await admin.post(f"/users/{user_id}", change)
    assert "至少要保留一个可用的管理员" in words(answer)
    assert "至少要保留" in words(await admin.post(f"/users/{user_id}/delete", {}))
    assert (await admin.get("/users")).code == 200


async def test_who_has_calls_on_record_is_not_deleted(admin):
    for path, wanted in (("/users", "agent1"), ("/agents", "1001")):
        answer = await admin.post(f"{path}/{await id_of(admin, path, wanted)}/delete", {})
        assert answer.code == 409
        assert "请改为停用" in words(answer)


async def test_an_agent_needs_a_user_a_number_and_a_free_extension(hospital, admin):
    await admin.post("/users/new", USER | {"login": "newagent"})
    form = text(await admin.get("/agents/new"))
    user_id = re.search(r'<option value="(\d+)">测试用户 \(newagent\)', form)[1]
    assert "8001" not in re.search(r'name="extension_id".*?</select>', form, re.DOTALL)[0], "it is taken"
    draft = {"user_id": user_id, "number": "1001", "phone": "web", "extension_id": "", "active": "1"}
    assert "已被使用" in words(await admin.post("/agents/new", draft))
    draft |= {"number": "1099", "queue_ids": ["1", "3"]}
    before = await revision(hospital)
    assert (await admin.post("/agents/new", draft)).code == 303
    assert await revision(hospital) == before + 1
    agent_id = await id_of(admin, "/agents", "1099")
    page = text(await admin.get(f"/agents/{agent_id}"))
    assert re.findall(r'name="queue_ids" value="(\d+)" checked', page) == ["1", "3"]
    assert (await admin.post(f"/agents/{agent_id}", draft | {"phone": "sip"})).code == 422
    assert (await admin.post(f"/agents/{agent_id}/delete", {})).code == 303


@pytest.mark.req("PBX-2")
async def test_an_extensions_secret_is_shown_once_and_kept_as_a_digest(hospital, admin):
    answer = await admin.post("/extensions/new", {"number": "8077", "name": "护士站", "outside_calls": "1"})
    secret = re.search(r'id="secret">([^<]+)<', text(answer))[1]
    assert len(secret) == 16
    extension_id = await id_of(admin, "/extensions", "8077")
    assert secret not in text(await admin.get(f"/extensions/{extension_id}"))

    async def digest() -> str:
        async with hospital.site.sessions() as session:
            return await session.scalar(select(ExtensionRow.digest_ha1).where(ExtensionRow.number == "8077"))

    assert await digest() == hashlib.md5(f"8077:hcc:{secret}".encode()).hexdigest()
    again = await admin.post(f"/extensions/{extension_id}/secret", {})
    other = re.search(r'id="secret">([^<]+)<', text(again))[1]
    assert other != secret
    assert await digest() == hashlib.md5(f"8077:hcc:{other}".encode()).hexdigest()
    assert not any(secret in detail or other in detail for _, detail in await audit(hospital, "extension"))
    assert "号码不能修改" in words(await admin.post(f"/extensions/{extension_id}", {"number": "8078", "name": "x"}))
    assert (await admin.post(f"/extensions/{extension_id}/delete", {})).code == 303


@pytest.mark.parametrize(("number", "problem"), [("7000", "已被使用"), ("8001", "已被使用"), ("80", "应为 4 位")])
async def test_extensions_and_queues_share_one_numbering_plan(admin, number, problem):
    assert problem in words(await admin.post("/extensions/new", {"number": number, "name": ""}))
    assert problem in words(await admin.post("/queues/new", QUEUE | {"name": f"新{number}", "number": number}))


async def test_a_queue_in_use_is_neither_deleted_nor_renumbered(admin):
    queue_id = await id_of(admin, "/queues", "7001")
    answer = await admin.post(f"/queues/{queue_id}/delete", {})
    assert answer.code == 409
    assert "总机流程" in words(answer)
    assert "85550100" in words(answer)
    answer = await admin.post(f"/queues/{queue_id}", QUEUE | {"name": "预约挂号", "number": "7009"})
    assert "总机流程" in words(answer)


async def test_members_of_a_queue_are_stored(hospital, manager):
    assert (
        await manager.post(
            "/queues/new",
            QUEUE | {"name": "夜班", "number": "7050", "agent_ids": ["1", "2"], "business_types": ["complaint"]},
        )
    ).code == 303
    queue_id = await id_of(manager, "/queues", "7050")
    change = QUEUE | {"name": "夜班", "number": "7050", "agent_ids": ["2", "5", "99999"], "ring_seconds": "25"}
    change |= {"business_types": ["enquiry", "registration"]}
    before = await revision(hospital)
    assert (await manager.post(f"/queues/{queue_id}", change)).code == 303
    assert await revision(hospital) == before + 1
    page = text(await manager.get(f"/queues/{queue_id}"))
    assert re.findall(r'name="agent_ids" value="(\d+)" checked', page) == ["2", "5"]
    assert re.findall(r'name="business_types" value="(\w+)" checked', page) == ["enquiry", "registration"]
    assert "ring_seconds: 15 → 25" in (await audit(hospital, "queue"))[0][1]
    assert (await manager.post(f"/queues/{queue_id}/delete", {})).code == 303


@pytest.mark.req("PBX-1")
async def test_a_trunks_password_is_kept_and_never_shown(hospital, admin):
    assert (await admin.post("/trunks/new", TRUNK | {"name": "ims-2"})).code == 303
    trunk_id = await id_of(admin, "/trunks", "ims-2")
    assert "line-secret-77" not in text(await admin.get(f"/trunks/{trunk_id}"))
    assert (
        await admin.post(f"/trunks/{trunk_id}", TRUNK | {"name": "ims-2", "password": "", "order": "20"})
    ).code == 303
    async with hospital.site.sessions() as session:
        row = await session.scalar(select(TrunkRow).where(TrunkRow.name == "ims-2"))
    assert (row.password, row.order) == ("line-secret-77", 20)
    assert "line-secret-77" not in str(await audit(hospital, "trunk"))
    assert "请填写此项" in words(await admin.post("/trunks/new", TRUNK | {"name": "ims-3", "password": ""}))
    assert (await admin.post(f"/trunks/{trunk_id}/delete", {})).code == 303


async def test_an_outside_number_leads_to_something_that_exists(admin):
    did = {"number": "8555 0900", "name": "测试", "trunk_id": "", "target": "queue:999", "active": "1"}
    assert (await admin.post("/dids/new", did)).code == 422
    assert (await admin.post("/dids/new", did | {"target": "extension:1"})).code == 303
    page = words(await admin.get("/dids?q=85550900"))
    assert "8001" in page
    answer = await admin.post(f"/extensions/{await id_of(admin, '/extensions', '8001')}/delete", {})
    assert "85550900" in words(answer)
    assert (await admin.post(f"/dids/{await id_of(admin, '/dids', '85550900')}/delete", {})).code == 303


async def test_lists_are_searched_sorted_and_paged(admin):
    assert "没有符合条件" in words(await admin.get("/users?q=nobody-like-this"))
    assert "agent1" not in words(await admin.get("/users?q=%25"))
    up = re.findall(r'href="/extensions/\d+">(\d+)<', text(await admin.get("/extensions?sort=number")))
    down = re.findall(r'href="/extensions/\d+">(\d+)<', text(await admin.get("/extensions?sort=number&dir=desc")))
    assert up == sorted(up)
    assert down == up[::-1]
    odd = await admin.get("/users?sort=password_hash&dir=x&page=-3&size=9999999999999999999999")
    assert odd.code == 200
    two = text(await admin.get("/extensions?size=2&page=2"))
    assert len(re.findall(r'href="/extensions/\d+">\d', two)) == 2
    assert 'rel="next"' in two
    assert 'rel="prev"' in two
    assert "size=2" in re.search(r'href="([^"]+)" rel="next"', two)[1]


async def test_lists_are_exported_without_formulas(admin):
    await admin.post("/extensions/new", {"number": "8078", "name": '=HYPERLINK("http://x")'})
    answer = await admin.get("/extensions?format=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="extensions.csv"'
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert rows[0][:2] == ["号码", "分机名称"]
    assert next(row for row in rows if row[0] == "8078")[1] == '\'=HYPERLINK("http://x")'
    await admin.post(f"/extensions/{await id_of(admin, '/extensions', '8078')}/delete", {})


async def test_hostile_names_are_only_text(admin):
    name = "<script>alert(1)</script>"
    await admin.post("/extensions/new", {"number": "8079", "name": name})
    page = text(await admin.get("/extensions?q=8079"))
    assert name not in page
    assert "&lt;script&gt;" in page
    await admin.post(f"/extensions/{await id_of(admin, '/extensions', '8079')}/delete", {})


async def test_settings_take_effect_at_once(hospital, admin):
    settings = await hospital.site.services.settings.load()
    form = {name: str(getattr(settings, name)) for name in settings.__struct_fields__} | {"recording_notice": "1"}
    assert (await admin.post("/settings", form | {"extension_digits": "9"})).code == 422
    changed = form | {"hospital_name": "市中心医院 & 分院", "outside_prefix": "9"}
    saved = await admin.follow(await admin.post("/settings", changed))
    assert "保存成功" in words(saved)
    assert "市中心医院 & 分院" in words(await admin.get("/users"))
    assert (await hospital.site.services.settings.load()).outside_prefix == "9"
    assert "hospital_name: 市中心医院 & 分院" in (await audit(hospital, "settings"))[0][1]
    before = await revision(hospital)
    await admin.post("/settings", form)
    assert await revision(hospital) == before + 1
    await admin.post("/settings", form)
    assert await revision(hospital) == before + 1, "nothing changed"


@pytest.mark.req("SEC-3")
async def test_the_audit_log_can_be_searched_and_exported(admin):
    page = words(await admin.get("/audit?period=today&action=sign-in&q=admin"))
    assert "登录" in page
    assert "admin" in page
    rows = list(csv.reader(io.StringIO((await admin.get("/audit?format=csv")).body.decode("utf-8-sig"))))
    assert rows[0][0] == "时间"
    assert len(rows) > 3
    assert "导出" in words(await admin.get("/audit?period=today&action=export"))


async def test_a_numbers_address_that_is_too_long_is_not_found(admin):
    assert (await admin.get("/users/99999999999999999999")).code == 404
    assert (await admin.get("/users/999999999999999999")).code == 404


async def test_the_number_of_a_deleted_record_is_not_given_to_another(hospital, admin):
    """The audit log names records by their numbers."""
    made = []
    for _ in range(2):
        await admin.post("/users/new", USER | {"login": "short-lived"})
        made.append(await id_of(admin, "/users", "short-lived"))
        await admin.post(f"/users/{made[-1]}/delete", {})
    assert made[0] != made[1]
