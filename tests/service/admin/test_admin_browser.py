"""Every page in a real browser at 1366 × 768, in both languages: nothing overflows or complains, axe is content."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from appliance import schema
from appliance.callcenter.blacklist.model import EntryDraft
from appliance.callcenter.call_limits.model import LimitDraft
from appliance.callcenter.integrations.model import ApiKeyDraft, WebhookDraft
from appliance.callcenter.people.model import Author
from appliance.callcenter.rooms.model import RoomDraft
from appliance.callcenter.skills.model import SkillDraft
from appliance.webadmin.admin.assets import VENDOR
from appliance.webadmin.admin.part import Services
from provisioning import demo_data
from tests.admin_site import Site, config_in, tls_site

CHROMIUM = "/usr/bin/chromium"
SCREEN = {"width": 1366, "height": 768}
SHOTS = Path(__file__).parents[3] / "build" / "screenshots"
LIMITS = {"per_second": 20, "lease_seconds": 60, "expires_on": "2040-01-31"}
NO_DESK = re.compile(r"/desk/ws|/desk/live")
"""Only the pages' program runs here."""

PAGES = {
    "admin": [
        *("/dashboard", "/calls", "/calls?number=000", "/patients", "/patients/1", "/patients/new", "/users"),
        *("/users/new", "/users/1", "/users/1/delete", "/users?q=zzz", "/agents", "/agents/new", "/agents/1"),
        *("/extensions", "/extensions/new", "/extensions/1", "/queues", "/queues/new", "/queues/1", "/trunks"),
        *("/skills", "/skills/new"),
        *("/trunks/new", "/trunks/1", "/dids", "/dids/new", "/dids/1", "/prompts", "/prompts/new", "/prompts/1"),
        *("/prompts/upload", "/flows", "/flows/1", "/settings", "/audit", "/account", "/nowhere", "/conditions"),
        *("/blacklist", "/blacklist/new", "/blacklist/import", "/limits", "/limits/1", "/limits/rules"),
        *("/rooms", "/rooms/1", "/api-keys", "/api-keys/1", "/api-keys/1/delete", "/webhooks", "/webhooks/1"),
        *("/webhooks/1/state", "/departments", "/departments/1", "/scripts", "/scripts/1", "/pause-reasons"),
        *("/pause-reasons/1", "/orders", "/callbacks", "/wallboards", "/cluster"),
        *("/cluster/failovers", "/cluster/test"),
    ],
    "agent1": ["/calls", "/patients", "/patients/1/delete", "/account", "/users"],
}

OVERFLOW = """() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`page ${document.documentElement.scrollWidth}`);
  for (const box of document.querySelectorAll('.table-responsive'))
    if (box.scrollWidth > box.clientWidth + 1) wrong.push(`table ${box.scrollWidth} > ${box.clientWidth}`);
  for (const node of document.querySelectorAll('body *')) {
    const style = getComputedStyle(node);
    if (style.overflowX !== 'visible' || node.closest('svg, audio')) continue;
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || style.display === 'inline') continue;
    if (node.scrollWidth > node.clientWidth + 2 && node.clientWidth > 0)
      wrong.push(`${node.tagName}.${node.className}: ${node.textContent.trim().slice(0, 40)}`);
  }
  return wrong;
}"""


@dataclass
class Shown:
    """A site with browser windows, one for each person."""

    site: Site
    password: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    async def window(self, login: str, language: str = "zh_CN") -> Page:
        context = await self.browser.new_context(ignore_https_errors=True, viewport=SCREEN, locale="zh-CN")
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: self._hear(said.type, f"{page.url}: {said.text}"))
        page.on("pageerror", lambda error: self._hear("error", f"{page.url}: {error}"))
        page.on("request", lambda request: self._check_host(request.url))
        await page.goto(f"{self.site.url}/login")
        await page.fill("#login", login)
        await page.fill("#password", self.password)
        await page.click("main .btn-primary")
        await page.wait_for_url(lambda address: "/login" not in address)
        await page.goto(f"{self.site.url}/account")
        wanted = f"html[lang={'en' if language == 'en' else 'zh-CN'}]"
        if await page.locator(wanted).count() == 0:
            await page.click("button[name=language]")
            await page.wait_for_selector(wanted)
        return page

    def _hear(self, kind: str, said: str) -> None:
        refused = "status of 40" in said
        if kind in {"error", "warning"} and not NO_DESK.search(said) and not refused:
            self.complaints.append(said)

    def _check_host(self, address: str) -> None:
        if not address.startswith((self.site.url, "data:", "blob:", self.site.url.replace("https", "wss"))):
            self.complaints.append(f"another host: {address}")


async def fill(services: Services) -> None:
    """One record of each kind that the demonstration lacks, with texts as long as people write them."""
    admin = Author(1, "admin")
    await services.skills.create(SkillDraft("投诉处理", "受过投诉接待培训，可以处理升级的投诉和建议"), admin)
    sources = ("10.1.2.0/24", "10.1.3.7")
    scopes = {f"may_{scope}": True for scope in ("read", "agent", "dial", "events", "patients")}
    key = ApiKeyDraft("HIS 系统", **scopes, sources=sources, agents=(), queues=(), origins=(), **LIMITS)
    await services.api_keys.create(key, admin)
    url = "https://appointments.hospital.example.cn/webcti/events/incoming?tenant=outpatient"
    events = ("call.ringing", "call.ended")
    hook = WebhookDraft("预约系统", url, events, (), ("7001",), patients=True, active=True, verify_tls=True)
    await services.webhooks.create(hook, admin)
    entry = EntryDraft("number", "13800001111", "decline", "反复骚扰，多次辱骂接线人员", "2040-01-31", sure=False)
    await services.blacklist.create(entry, admin)
    classes = dict.fromkeys(("local", "service", "mobile", "long_distance", "international", "premium"), True)
    caps = {"at_once": 2, "calls_per_hour": 20, "calls_per_day": 100, "minutes_per_day": 300}
    await services.limits.create(LimitDraft("role:agent", **classes, night=True, **caps), admin)
    hours = ("2040-01-31T08:00", "2040-01-31T09:00")
    await services.rooms.create(RoomDraft("6900", "多学科会诊", "2468", "135791", *hours, "8001", True, 10), admin)


@pytest.fixture(scope="module")
async def shown(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    folder = tmp_path_factory.mktemp("shown")
    config = config_in(folder)
    schema.upgrade(config.database.url)
    loaded = await demo_data.load(config)
    SHOTS.mkdir(parents=True, exist_ok=True)
    async with tls_site(config, folder) as site, async_playwright() as playwright:
        await fill(site.services)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Shown(site, loaded.password, browser)
        await browser.close()


@pytest.fixture(autouse=True)
def silent(shown: Shown):
    """The browser's console says nothing, and nothing is fetched from elsewhere."""
    shown.complaints.clear()
    yield
    assert shown.complaints == []


async def serious(page: Page) -> list[str]:
    """What axe-core finds on the page that keeps people from using it."""
    await page.evaluate((VENDOR / "testing" / "axe.js").read_text("utf-8"))
    found = await page.evaluate("async () => (await axe.run(document, {preload: false})).violations")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("login", PAGES)
async def test_every_page_fits_is_quiet_and_accessible(shown, login, language):
    page = await shown.window(login, language)
    wrong = {}
    addresses = list(PAGES[login])
    await page.goto(f"{shown.site.url}/calls?outcome=answered&period=30")
    addresses.append(await page.locator("table.calls tbody a").first.get_attribute("href"))
    for address in addresses:
        answer = await page.goto(shown.site.url + address)
        assert answer is not None
        assert answer.status < 500, address
        found = [*await page.evaluate(OVERFLOW), *await serious(page)]
        found += ["the catalogue's heading as a text"] * ("Project-Id-Version" in await page.content())
        if found:
            wrong[address] = found
        name = re.sub(r"[^a-z0-9]+", "-", address.split("demo")[0]).strip("-")
        await page.screenshot(path=SHOTS / f"{language}-{login}-{name or 'home'}.png")
    assert wrong == {}
    await page.context.close()


async def test_wide_lists_and_long_forms_fit_a_small_window(shown):
    page = await shown.window("admin", "en")
    await page.set_viewport_size({"width": 1024, "height": 700})
    wrong = {}
    for address in ("/queues/1", "/orders", "/webhooks", "/rooms", "/limits", "/api-keys"):
        await page.goto(shown.site.url + address)
        if found := await page.evaluate(OVERFLOW):
            wrong[address] = found
    assert wrong == {}
    assert await page.locator(".side-link.here").is_visible()
    await page.context.close()


async def test_the_sign_in_page_fits_and_is_accessible(shown):
    context = await shown.browser.new_context(ignore_https_errors=True, viewport=SCREEN)
    page = await context.new_page()
    await page.goto(f"{shown.site.url}/login")
    await page.wait_for_timeout(100)
    assert await page.evaluate(OVERFLOW) == []
    assert await serious(page) == []
    await page.screenshot(path=SHOTS / "zh_CN-login.png")
    await context.close()


async def test_typing_into_the_search_narrows_the_list(shown):
    page = await shown.window("agent1")
    await page.goto(f"{shown.site.url}/patients")
    total = page.locator("#rows .pager")
    assert "200" in await total.inner_text()
    await page.locator("input[name=q]").press_sequentially("M20260007", delay=20)
    await page.wait_for_selector("#rows tbody tr:first-child:last-child")
    assert "共 1 条" in await total.inner_text()
    await page.locator("input[name=q]").fill("没有这个人")
    await page.wait_for_selector("#rows .empty")
    await page.context.close()


async def test_a_named_period_and_dates_exclude_one_another(shown):
    page = await shown.window("agent1")
    await page.goto(f"{shown.site.url}/calls")
    assert await page.input_value("[name=period]") == "7"
    await page.fill("[name=from]", "2026-01-01")
    assert await page.input_value("[name=period]") == ""
    await page.context.close()


async def test_a_changed_form_is_not_left_by_mistake(shown):
    page = await shown.window("admin")
    await page.goto(f"{shown.site.url}/queues/1")
    asked = asyncio.Event()

    async def refuse(dialog) -> None:
        asked.set()
        await dialog.dismiss()

    page.on("dialog", refuse)
    await page.fill("[name=name]", "改动")
    await page.click(".head-back", no_wait_after=True)
    await asyncio.wait_for(asked.wait(), 5)
    assert page.url.endswith("/queues/1")
    await page.click("form[data-guard] .btn-primary")
    await page.wait_for_url("**/queues")
    assert "保存成功" in await page.inner_text("[data-notice]")
    await page.context.close()


async def test_a_text_can_be_heard_in_the_browser_before_it_is_stored(shown):
    page = await shown.window("admin")
    await page.goto(f"{shown.site.url}/prompts/new")
    await page.fill("[name=text]", "正在为您转接健康咨询护士。")
    await page.click("text=先试听")
    await page.wait_for_selector("#preview audio", timeout=60_000)
    length = await page.evaluate(
        "new Promise(done => { const a = document.querySelector('#preview audio');"
        " const tell = () => done(a.duration); a.readyState ? tell() : (a.onloadedmetadata = tell); })"
    )
    assert length > 1
    await page.context.close()


async def test_the_lamp_says_what_is_not_there(shown):
    page = await shown.window("admin")
    await page.goto(f"{shown.site.url}/users")
    await page.wait_for_selector("#lamp[data-state=desk]")
    assert await page.inner_text("#lamp") == "呼叫控制不可用"
    await page.context.close()


async def test_a_new_box_can_be_set_up_in_the_browser(shown, tmp_path):
    config = config_in(tmp_path)
    schema.upgrade(config.database.url)
    async with tls_site(config, tmp_path) as site:
        await site.services.setup.prepare()
        context = await shown.browser.new_context(ignore_https_errors=True, viewport=SCREEN)
        page = await context.new_page()
        await page.goto(site.url)
        assert page.url.endswith("/setup")
        assert await page.evaluate(OVERFLOW) == []
        assert await serious(page) == []
        await page.screenshot(path=SHOTS / "zh_CN-setup.png")
        code = (tmp_path / "secrets" / "setup.code").read_text().strip()
        answers = {"code": code, "hospital": "市中心医院", "login": "chief", "name": "主管"}
        for name, value in {**answers, "password": "our own 77", "repeated": "our own 77"}.items():
            await page.fill(f"[name={name}]", value)
        await page.click("main .btn-primary")
        await page.wait_for_url("**/login")
        await page.fill("#login", "chief")
        await page.fill("#password", "our own 77")
        await page.click("main .btn-primary")
        await page.wait_for_url("**/dashboard")
        await page.screenshot(path=SHOTS / "zh_CN-first-visit.png")
        assert "开始使用" in await page.inner_text("main")
        await context.close()
