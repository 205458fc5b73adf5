"""Signing in and out, sessions, passwords, and the first administrator of a new box."""

import re
import stat
from pathlib import Path

import pytest
from sqlalchemy import select, update

from appliance import clock
from appliance.callcenter.people.tables import AuditRow, SessionRow
from appliance.webadmin.sessions import COOKIE
from tests.admin_site import text, verdict, words


async def test_cookies_are_for_this_box_and_scripts_cannot_read_them(hospital):
    visitor = hospital.site.visitor()
    answer = await visitor.post("/login", {"login": "agent2", "password": hospital.loaded.password}, page="/login")
    cookie = next(c for c in answer.headers.get_list("Set-Cookie") if c.startswith(COOKIE))
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word.lower() in cookie.lower()
    assert answer.headers["Location"] == "/"
    assert (await visitor.get("/")).headers["Location"] == "/desktop"


async def test_the_database_does_not_know_the_cookie(hospital):
    visitor = await hospital.visitor("agent1")
    async with hospital.site.sessions() as session:
        stored = set(await session.scalars(select(SessionRow.token_hash)))
    assert visitor.cookies[COOKIE] not in stored
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in stored)


@pytest.mark.req("SEC-2")
async def test_five_failures_lock_and_real_names_look_like_invented_ones(hospital):
    answers = {}
    for login in ("agent6", "nobody-at-all"):
        visitor = hospital.site.visitor("en")
        tries = [
            await visitor.post("/login", {"login": login, "password": f"wrong-{n}"}, page="/login") for n in range(6)
        ]
        answers[login] = [(one.code, re.sub(login, "X", words(one))) for one in tries]
    codes = [code for code, _ in answers["agent6"]]
    assert codes == [401, 401, 401, 401, 401, 429]
    assert answers["agent6"] == answers["nobody-at-all"]
    right = await hospital.site.visitor().post(
        "/login", {"login": "agent6", "password": hospital.loaded.password}, page="/login"
    )
    assert right.code == 429
    admin = await hospital.visitor("admin")
    listed = words(await admin.get("/users?q=agent6"))
    assert "已锁定" in listed
    agent6 = re.search(r'href="/users/(\d+)"', text(await admin.get("/users?q=agent6")))[1]
    await admin.post(f"/users/{agent6}/unlock", {})
    assert (await hospital.site.signed_in("agent6", hospital.loaded.password)).cookies[COOKIE]


async def test_after_signing_in_one_lands_where_one_wanted_to_go(hospital):
    visitor = hospital.site.visitor()
    sent = await visitor.get("/calls?period=30")
    assert sent.headers["Location"] == "/login?next=%2Fcalls%3Fperiod%3D30"
    fields = {"login": "manager", "password": hospital.loaded.password, "next": "/calls?period=30"}
    answer = await visitor.post("/login", fields, page="/login")
    assert answer.headers["Location"] == "/calls?period=30"
    fields["next"] = "//evil.example/"
    answer = await hospital.site.visitor().post("/login", fields, page="/login")
    assert answer.headers["Location"] == "/"


async def test_signing_out_ends_the_session_for_good(hospital):
    visitor = await hospital.site.signed_in("agent3", hospital.loaded.password)
    kept = visitor.cookies[COOKIE]
    await visitor.post("/logout", {})
    visitor.cookies[COOKIE] = kept
    assert verdict(await visitor.get("/calls")) == "sign in"


async def age_sessions(hospital, login: str, milliseconds: int) -> None:
    """Make the login's sessions look idle."""
    async with hospital.site.sessions() as session, session.begin():
        viewer = await hospital.site.services.sign_in.find((await hospital.visitor(login)).cookies[COOKIE])
        await session.execute(
            update(SessionRow)
            .where(SessionRow.user_id == viewer.user_id)
            .values(last_seen_at=clock.now_ms() - milliseconds)
        )


@pytest.mark.req("SEC-2")
async def test_administrators_are_signed_out_sooner_than_agents(hospital):
    for login in ("admin", "agent1"):
        await age_sessions(hospital, login, 31 * 60_000)
    assert verdict(await (await hospital.visitor("agent1")).get("/calls")) == "in"
    admin = hospital.visitors.pop("admin")
    assert verdict(await admin.get("/calls")) == "sign in"


async def test_polling_does_not_keep_a_session_alive(hospital):
    await hospital.visitor("manager")
    await age_sessions(hospital, "manager", 10 * 60_000)
    visitor = await hospital.visitor("manager")

    async def seen() -> int:
        async with hospital.site.sessions() as session:
            viewer = await hospital.site.services.sign_in.find(visitor.cookies[COOKIE], active=False)
            return await session.scalar(
                select(SessionRow.last_seen_at).where(SessionRow.token_hash == viewer.token_hash)
            )

    before = await seen()
    await visitor.get("/status.json")
    assert await seen() == before
    await visitor.get("/calls")
    assert await seen() > before


async def test_a_json_client_gets_json_errors(hospital):
    answer = await hospital.site.visitor().get("/patients/search.json?q=w")
    assert (answer.code, answer.headers["Content-Type"].split(";")[0]) == (401, "application/json")
    assert '"code": "not-signed-in"' in text(answer)


async def test_the_language_can_be_chosen_before_and_after_signing_in(hospital):
    visitor = hospital.site.visitor()
    assert "登录" in words(await visitor.get("/login"))
    await visitor.post("/language", {"language": "en", "next": "/login"}, page="/login")
    assert "Sign in" in words(await visitor.get("/login"))
    inside = await hospital.site.signed_in("agent5", hospital.loaded.password)
    assert "通话记录" in words(await inside.get("/calls"))
    await inside.post("/language", {"language": "en", "next": "/calls"})
    assert "How it ended" in words(await inside.get("/calls"))
    await inside.post("/language", {"language": "zh_CN", "next": "/calls"})
    assert (await inside.post("/language", {"language": "xx"})).code == 422


async def test_changing_the_password_ends_the_other_sessions(hospital):
    first = await hospital.site.signed_in("agent4", hospital.loaded.password)
    second = await hospital.site.signed_in("agent4", hospital.loaded.password)
    form = {"old": hospital.loaded.password, "new": "a new pass phrase", "repeated": "a new pass phrase"}
    wrong = await first.post("/account", form | {"old": "not this one"})
    assert "当前密码不正确" in words(wrong)
    assert "不一致" in words(await first.post("/account", form | {"repeated": "something else"}))
    assert "过于常见" in words(await first.post("/account", form | {"new": "12345678", "repeated": "12345678"}))
    assert (await first.post("/account", form)).code == 303
    assert verdict(await first.get("/calls")) == "in"
    assert verdict(await second.get("/calls")) == "sign in"
    form = {"old": "a new pass phrase", "new": hospital.loaded.password, "repeated": hospital.loaded.password}
    assert (await first.post("/account", form)).code == 303


# --- a new box ---

SETUP = {
    "hospital": "市第二人民医院",
    "login": "chief",
    "name": "主管",
    "password": "our own secret 9",
    "repeated": "our own secret 9",
}


@pytest.mark.req("OPS-6")
async def test_a_new_box_asks_for_its_administrator_first(empty_site):
    visitor = empty_site.visitor()
    for address in ("/", "/login", "/calls", "/nowhere"):
        assert (await visitor.get(address)).headers["Location"] == "/setup"
    file = Path(empty_site.config.paths.state) / "secrets" / "setup.code"
    code = file.read_text().strip()
    assert len(code) == 8
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert code not in text(await visitor.get("/setup"))
    form = SETUP | {"code": "AAAAAAAA"}
    assert "安装码不正确" in words(await visitor.post("/setup", form, page="/setup"))
    form["code"] = code.lower()
    assert "过于常见" in words(
        await visitor.post("/setup", form | {"password": "12345678", "repeated": "12345678"}, page="/setup")
    )
    assert (await visitor.post("/setup", form, page="/setup")).headers["Location"] == "/login"
    assert not file.exists()
    inside = await empty_site.signed_in("chief", "our own secret 9")
    page = await inside.follow(await inside.get("/"))
    assert "市第二人民医院" in words(page)
    assert "开始使用" in words(page)
    assert (await visitor.get("/setup")).headers["Location"] == "/"
    again = await visitor.post("/setup", form | {"login": "other"}, page="/login")
    assert again.headers["Location"] == "/"


async def test_the_code_of_a_new_box_cannot_be_tried_out(empty_site):
    visitor = empty_site.visitor("en")
    tries = [await visitor.post("/setup", SETUP | {"code": f"BBBBBBB{number}"}, page="/setup") for number in range(5)]
    assert [one.code for one in tries] == [422] * 5
    code = (Path(empty_site.config.paths.state) / "secrets" / "setup.code").read_text().strip()
    assert (await visitor.post("/setup", SETUP | {"code": code}, page="/setup")).code == 429


async def test_passwords_are_never_sent_back(empty_site):
    answer = await empty_site.visitor().post("/setup", SETUP | {"code": "wrong"}, page="/setup")
    assert "our own secret" not in text(answer)


async def test_signing_in_and_out_is_audited(hospital):
    visitor = await hospital.site.signed_in("agent3", hospital.loaded.password)
    await visitor.post("/logout", {})
    async with hospital.site.sessions() as session:
        query = select(AuditRow.action).where(AuditRow.login == "agent3").order_by(AuditRow.id.desc()).limit(2)
        assert list(await session.scalars(query)) == ["sign-out", "sign-in"]
