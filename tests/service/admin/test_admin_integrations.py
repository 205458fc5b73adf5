"""API keys and webhooks as administrators see them."""

import re

import pytest

from appliance.callcenter.integrations.key_service import secret_hash
from appliance.callcenter.integrations.tables import ApiKeyRow
from tests.admin_site import text, words

KEY = {"name": "", "may_read": "1", "may_dial": "1", "per_second": "20", "lease_seconds": "120"}


async def id_of(admin, path: str, name: str) -> int:
    page = text(await admin.get(path + "?q=" + name))
    return int(re.search(rf'href="{path}/(\d+)"', page)[1])


@pytest.mark.req("CTI-4", "SEC-1")
async def test_a_key_is_shown_once_and_kept_only_as_a_hash(hospital, admin):
    shown = text(await admin.post("/api-keys/new", KEY | {"name": "HIS one", "sources": "10.1.0.0/16 10.2.0.9"}))
    key = re.search(r'id="secret">(hcc_([0-9a-f]{10})_([\w-]{43}))<', shown)
    number = await id_of(admin, "/api-keys", "HIS")
    for path in ("/api-keys", f"/api-keys/{number}", "/audit?q=api-key"):
        assert key[3] not in text(await admin.get(path))
    async with hospital.site.sessions() as session:
        row = await session.get(ApiKeyRow, number)
    assert (row.public_id, row.secret_hash, row.scopes) == (key[2], secret_hash(key[3]), "read dial")
    again = text(await admin.post(f"/api-keys/{number}/secret", {}))
    assert key[1] not in again
    question = words(await admin.get(f"/api-keys/{number}/delete"))
    assert "一秒内被拒绝" in question
    await admin.post(f"/api-keys/{number}/delete", {})
    assert "HIS one" not in text(await admin.get("/api-keys"))


@pytest.mark.req("CTI-4")
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sources", "10.1.0.0/16 nonsense", "不是地址或网段"),
        ("origins", "his.example.org", "不是网页来源"),
        ("origins", "https://his.example.org/page", "不是网页来源"),
        ("agents", "10-01", "格式不正确"),
        ("expires_on", "soon", "日期"),
        ("lease_seconds", "5", "30"),
        ("name", "", "请填写"),
    ],
)
async def test_a_wrong_key_form_says_what_is_wrong(admin, field, value, message):
    answer = await admin.post("/api-keys/new", KEY | {"name": "wrong", field: value})
    assert answer.code == 422
    assert message in words(answer)


@pytest.mark.req("CTI-5", "SEC-1")
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8701/", "https://[::1]/", "http://169.254.169.254/latest", "ftp://10.1.1.1/", "nonsense"]
)
async def test_a_webhook_cannot_be_aimed_at_ourselves(admin, url):
    answer = await admin.post("/webhooks/new", {"name": "bad", "url": url, "active": "1"})
    assert answer.code == 422


@pytest.mark.req("CTI-5")
async def test_a_webhook_and_its_page(admin):
    form = {"name": "pop", "url": "http://10.1.2.3/calls", "types": "call.ringing agent.", "active": "1"}
    await admin.post("/webhooks/new", form)
    number = await id_of(admin, "/webhooks", "pop")
    page = text(await admin.get(f"/webhooks/{number}/state"))
    assert "whsec_" in page
    assert "所有事件均已送达" in page
    refused = await admin.post("/webhooks/new", form | {"name": "other", "types": "call.exploded"})
    assert "没有这个事件" in words(refused)
    again = await admin.post("/webhooks/new", form)
    assert again.code == 422
    await admin.post(f"/webhooks/{number}/state", {"do": "again"})
    await admin.post(f"/webhooks/{number}/state", {"do": "drop"})
    await admin.post(f"/webhooks/{number}/delete", {})


@pytest.mark.req("CTI-5")
async def test_the_screen_pop_address_knows_only_its_names(admin):
    page = text(await admin.get("/settings"))
    given = dict(re.findall(r'name="(\w+)" type="\w+" value="([^"]*)"', page)) | {
        "language": "zh_CN", "voice": "zf_xiaobei", "recording_notice": "1"
    }  # fmt: skip
    for wrong in ("https://his.example.org/?x={secret}", "javascript:alert(1)", "https://{caller}/"):
        assert (await admin.post("/settings", given | {"screen_pop_url": wrong})).code == 422
    good = given | {"screen_pop_url": "https://his.example.org/?phone={caller}"}
    assert (await admin.post("/settings", good)).code in {200, 302, 303}
    await admin.post("/settings", given | {"screen_pop_url": ""})
