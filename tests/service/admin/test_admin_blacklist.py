"""The blacklist's pages: warning before VIPs are stopped, search, files, proposals; and who may see them."""

import re

import pytest
from sqlalchemy import select, update

from appliance.callcenter.blacklist.service import BlacklistService
from appliance.callcenter.patients.tables import PatientPhoneRow, PatientRow
from appliance.callcenter.people.model import Author
from tests.admin_site import text, words

ENTRY = {"kind": "number", "number": "", "action": "busy", "expires_on": "", "reason": "骚扰电话"}


async def make_vip(hospital) -> str:
    async with hospital.site.sessions() as session, session.begin():
        found = await session.execute(select(PatientPhoneRow.patient_id, PatientPhoneRow.number).limit(1))
        patient_id, number = found.one()
        await session.execute(update(PatientRow).where(PatientRow.id == patient_id).values(vip=True))
    return number


@pytest.mark.req("PBX-10")
async def test_an_entry_that_stops_a_vip_or_an_emergency_number_needs_a_second_yes(hospital, manager):
    number = await make_vip(hospital)
    for given in ({"number": number}, {"kind": "prefix", "number": number[:5]}, {"number": "120"}):
        refused = await manager.post("/blacklist/new", ENTRY | given)
        assert refused.code == 422
        assert "会拦截" in words(refused)
    assert (await manager.post("/blacklist/new", ENTRY | {"number": number, "sure": "1"})).code == 303
    assert (await manager.post("/blacklist/new", ENTRY | {"number": f"+86{number}", "sure": "1"})).code == 422
    (key,) = re.findall(r'href="/blacklist/(\d+)"', text(await manager.get(f"/blacklist?q={number}")))
    shown = text(await manager.get(f"/blacklist/{key}"))
    assert number in shown
    changed = ENTRY | {"number": number, "expires_on": "2030-12-31", "sure": "1"}
    assert (await manager.post(f"/blacklist/{key}", changed)).code == 303
    assert "2030-12-31" in words(await manager.get("/blacklist?q=骚扰"))
    assert (await manager.post(f"/blacklist/{key}/delete", {})).code == 303


@pytest.mark.req("PBX-10")
async def test_a_file_is_taken_line_by_line_and_what_is_wrong_is_named(hospital, manager):
    content = "号码,原因\n15911110001,推销\n1591112*,号段\n12a,错\n15911110001,又推销\n".encode("gbk")
    page = words(await manager.upload("/blacklist/import", {}, "名单.csv", content))
    assert "新增 2 条，更新 1 条，1 行未导入" in page
    assert "12a" in page
    exported = (await manager.get("/blacklist?format=csv&q=1591")).body
    assert "又推销" in exported.decode("utf-8-sig")
    again = words(await manager.upload("/blacklist/import", {}, "名单.csv", exported))
    assert "新增 0 条，更新 2 条，0 行未导入" in again
    assert (await manager.upload("/blacklist/import", {}, "x.csv", b"\xff\xfe\x00")).code == 422
    assert (await manager.post("/blacklist/import", {})).code == 422


@pytest.mark.req("PBX-10")
async def test_a_proposal_has_no_effect_until_a_manager_saves_it(hospital, manager, agent):
    service = BlacklistService(hospital.site.sessions)
    assert await service.propose("15922220001", "反复推销", Author(1, "agent1"))
    assert not await service.propose("+8615922220001", "反复推销", Author(1, "agent1"))
    assert "待批准" in words(await manager.get("/blacklist?q=15922220001"))
    (key,) = re.findall(r'href="/blacklist/(\d+)"', text(await manager.get("/blacklist?q=15922220001")))
    assert (await manager.post(f"/blacklist/{key}", ENTRY | {"number": "15922220001"})).code == 303
    assert "待批准" not in words(await manager.get("/blacklist?q=15922220001"))
    assert (await agent.get("/blacklist")).code == 403
