"""Patients: finding them by anything, the desktop's pieces, two people editing at once, the audit."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import select

from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.patients.tables import PatientPhoneRow, PatientRow
from appliance.callcenter.people.tables import AuditRow
from tests.admin_site import text, words

FORM = {
    "name": "欧阳测试",
    "sex": "female",
    "identity_number": "",
    "birth_date": "1990-05-06",
    "card_number": "T900001",
    "department": "眼科",
    "address": "",
    "notes": "",
    "phone_number": ["13911112222", "021-5555 6666"],
    "phone_relation": ["self", "spouse"],
}


async def some_patient(hospital) -> PatientRow:
    async with hospital.site.sessions() as session:
        return await session.scalar(select(PatientRow).order_by(PatientRow.id.desc()).limit(1))


async def audited(hospital, action: str, subject: int) -> int:
    async with hospital.site.sessions() as session:
        query = select(AuditRow).where(
            AuditRow.action == action, AuditRow.subject_kind == "patient", AuditRow.subject_id == str(subject)
        )
        return len(list(await session.scalars(query)))


@pytest.fixture
async def patient_id(agent):
    created = await agent.post("/patients/new", FORM)
    assert created.code == 303, words(created)
    patient_id = created.headers["Location"].rsplit("/", 1)[1]
    yield patient_id
    version = re.search(r'name="version" value="(\d+)"', text(await agent.get(f"/patients/{patient_id}/delete")))
    if version:
        await agent.post(f"/patients/{patient_id}/delete", {"version": version[1]})


@pytest.mark.req("AGT-4")
@pytest.mark.parametrize(
    "wanted",
    [
        "欧阳",
        "ouyangceshi",
        "ouyang",
        "oycs",
        "OYCS",
        "13911112222",
        "1391111",
        "+86 139-1111-2222",
        "02155556666",
        "t900001",
        "欧阳 眼",
        "oycs 1391111",
    ][:10],
)
async def test_a_patient_is_found_by_anything_people_know(agent, patient_id, wanted):
    found = await agent.get("/patients/search.json?" + "q=" + re.sub(r"\+", "%2B", wanted).replace(" ", "%20"))
    names = [one["name"] for one in json.loads(text(found))]
    assert "欧阳测试" in names


@pytest.mark.parametrize("wanted", ["欧阳 13900000009", "zzzzqq", "%25", "_", "'; drop table patient; --"])
async def test_what_does_not_match_is_not_found(agent, patient_id, wanted):
    found = await agent.get("/patients/search.json?q=" + wanted.replace(" ", "%20").replace(";", "%3B"))
    assert "欧阳测试" not in text(found)


async def test_an_identity_number_finds_its_patient(hospital, agent):
    row = await some_patient(hospital)
    found = json.loads(text(await agent.get(f"/patients/search.json?q={row.identity_number}")))
    assert [one["id"] for one in found] == [row.id]
    assert {"id", "name", "sex", "birth_date", "vip", "department", "relation", "card_number", "phones"} == set(
        found[0]
    )


async def test_several_patients_share_one_number(hospital, agent):
    async with hospital.site.sessions() as session:
        number = await session.scalar(select(PatientPhoneRow.number).order_by(PatientPhoneRow.id).limit(1))
    found = json.loads(text(await agent.get(f"/patients/search.json?q={number}")))
    assert len(found) == 3


async def test_those_who_do_not_call_see_masked_numbers(admin, agent, patient_id):
    shown = json.loads(text(await agent.get("/patients/search.json?q=T900001")))[0]["phones"][0]["number"]
    masked = json.loads(text(await admin.get("/patients/search.json?q=T900001")))[0]["phones"][0]["number"]
    assert (shown, masked) == ("13911112222", "139****2222")
    assert "13911112222" not in text(await admin.get("/patients?q=T900001"))


async def test_an_empty_search_finds_nothing_and_a_limit_holds(agent):
    assert json.loads(text(await agent.get("/patients/search.json?q="))) == []
    assert len(json.loads(text(await agent.get("/patients/search.json?q=1990000&limit=5")))) == 5


async def test_two_people_who_edit_one_patient_do_not_overwrite_each_other(agent, manager, patient_id):
    form = {**FORM, "version": "1"}
    assert (await agent.post(f"/patients/{patient_id}", form | {"department": "骨科"})).code == 303
    late = await manager.post(f"/patients/{patient_id}", form | {"department": "儿科"})
    assert late.code == 409
    assert "该记录刚被他人修改" in words(late)
    assert 'value="儿科"' in text(late), "what was typed is kept"
    stored = text(await agent.get(f"/patients/{patient_id}"))
    assert 'value="骨科"' in stored
    assert 'name="version" value="2"' in stored
    assert (await agent.post(f"/patients/{patient_id}/delete", {"version": "1"})).code == 409


@pytest.mark.req("SEC-3")
async def test_every_look_and_change_is_on_record(hospital, agent, patient_id):
    await agent.get(f"/patients/{patient_id}")
    await agent.get(f"/patients/{patient_id}/panel")
    await agent.post(f"/patients/{patient_id}", {**FORM, "version": "1", "notes": "青霉素过敏"})
    assert await audited(hospital, "view", patient_id) == 2
    assert await audited(hospital, "change", patient_id) == 1
    async with hospital.site.sessions() as session:
        query = select(AuditRow.detail).where(AuditRow.subject_id == patient_id, AuditRow.action == "change")
        assert await session.scalar(query) == "notes", "what a record says does not go into the log"


async def test_deleting_a_patient_keeps_the_calls(hospital, agent):
    async with hospital.site.sessions() as session:
        row = await session.scalar(
            select(PatientRow).join(InteractionRow, InteractionRow.patient_id == PatientRow.id).limit(1)
        )
        calls = list(await session.scalars(select(InteractionRow.id).where(InteractionRow.patient_id == row.id)))
    asked = words(await agent.get(f"/patients/{row.id}/delete"))
    assert f"有 {len(calls)} 条通话记录会保留" in asked
    assert (await agent.post(f"/patients/{row.id}/delete", {"version": str(row.version)})).code == 303
    assert (await agent.get(f"/calls/{calls[0]}")).code in {200, 404}
    async with hospital.site.sessions() as session:
        call = await session.get(InteractionRow, calls[0])
        assert call is not None
        assert call.patient_id is None
        assert list(await session.scalars(select(PatientPhoneRow).where(PatientPhoneRow.patient_id == row.id))) == []


async def post_json(visitor, path: str, document: object) -> tuple[int, dict]:
    token = await visitor.token("/account")
    headers = {"Content-Type": "application/json", "X-XSRFToken": token}
    answer = await visitor.request("POST", path, json.dumps(document).encode(), headers)
    return answer.code, json.loads(text(answer))


async def test_an_unknown_caller_is_registered_quickly(agent, admin):
    code, brief = await post_json(
        agent, "/patients/quick.json", {"name": "新来电", "phone": "13500009999", "sex": None}
    )
    assert code == 201
    assert brief["name"] == "新来电"
    assert brief["relation"] == "self"
    found = json.loads(text(await agent.get("/patients/search.json?q=13500009999")))
    assert [one["id"] for one in found] == [brief["id"]]
    code, error = await post_json(agent, "/patients/quick.json", {"name": "", "phone": "x"})
    assert (code, error["error"]["code"]) == (422, "invalid")
    for broken in ([], {"name": {"a": 1}}, "text"):
        assert (await post_json(agent, "/patients/quick.json", broken))[0] == 422
    await agent.post(f"/patients/{brief['id']}/delete", {"version": "1"})


async def test_the_desktops_panel_shows_who_it_is_and_what_was_before(hospital, agent):
    async with hospital.site.sessions() as session:
        query = select(InteractionRow.patient_id).where(InteractionRow.outcome == "answered")
        patient_id = await session.scalar(query.where(InteractionRow.patient_id.is_not(None)).limit(1))
        patient = await session.get(PatientRow, patient_id)
        number = await session.scalar(select(PatientPhoneRow.number).where(PatientPhoneRow.patient_id == patient_id))
    answer = await agent.get(f"/patients/{patient_id}/panel", HX_Request="true")
    fragment = text(answer)
    assert "<html" not in fragment
    assert patient.name in fragment
    assert f'data-dial="{number}"' in fragment
    assert patient.identity_number not in fragment
    assert re.search(r'href="/calls/demo[0-9a-z]+"', fragment)


async def test_patients_are_listed_filtered_and_exported(agent, admin):
    assert "郑" in words(await agent.get("/patients?vip=1")) or "VIP" in words(await agent.get("/patients?vip=1"))
    listed = words(await agent.get("/patients?department=%E5%84%BF%E7%A7%91"))
    assert "骨科 " not in re.sub(r"全部科室.*?仅 VIP", "", listed)
    rows = list(csv.reader(io.StringIO((await agent.get("/patients?vip=1&format=csv")).body.decode("utf-8-sig"))))
    assert rows[0][0] == "姓名"
    assert len(rows) > 5
    assert "导出" in words(await admin.get("/audit?period=today&action=export&q=patient"))


async def test_a_form_for_a_new_patient_can_start_with_the_calling_number(agent):
    assert 'value="13712341234"' in text(await agent.get("/patients/new?phone=13712341234"))


async def test_invalid_input_is_explained_and_kept(agent):
    answer = await agent.post(
        "/patients/new", FORM | {"name": "", "phone_number": ["abc"], "phone_relation": ["child"]}
    )
    assert answer.code == 422
    assert 'value="abc"' in text(answer)
    assert re.search(r'value="child" selected', text(answer))
    assert "请填写此项" in words(answer)
