"""The page of the pair before real agents, etcd and PostgreSQL: what administrators see and do there."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
import pytest
from playwright.async_api import Page, async_playwright
from tornado.httpclient import HTTPResponse

from appliance import clock, schema
from appliance.callcenter.pair.monthly import TestPlan
from appliance.callcenter.pair.service import PairService
from appliance.callcenter.pair.watch import PairWatch
from appliance.callcenter.people.model import Author
from appliance.callcenter.people.setup_service import first_administrator
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.files_report import FRESH_MS, FilesView
from tests.admin_site import MakePair, Site, Visitor, config_in, text, tls_site
from tests.ha.pair.boxes import AGENT_PASSWORD, Pair
from tests.ha.pair.front import Front
from tests.service.admin.test_admin_browser import CHROMIUM, OVERFLOW, SCREEN, serious
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-3", "HA-6")

PASSWORD = "a long one 77"
MANUAL = Path(__file__).parents[2] / "docs" / "screenshots"
"""Screenshots of the documentation."""
BROWSER_MS = 30_000
JSON = "application/json"

type Said = dict[str, Any]


class Ward:
    """The pair, and the pages as its boxes would serve them."""

    def __init__(self, pair: Pair, sites: dict[str, Site], url: str) -> None:
        self.pair = pair
        self.sites = sites
        self.url = url
        """Of whichever box has the service address."""
        self.visitors: dict[str, Visitor] = {}

    async def visitor(self, name: str) -> Visitor:
        if name not in self.visitors:
            self.visitors[name] = await self.sites[name].signed_in("admin", PASSWORD)
        return self.visitors[name]

    async def said(self, name: str) -> Said:
        """The pair as data, from the pages of that box."""
        found: Said = json.loads((await (await self.visitor(name)).get("/cluster", Accept=JSON)).body)
        return found

    async def until_said(self, name: str, seconds: float, what: str, is_so: Callable[[Said], object]) -> Said:
        said: Said = {}

        async def there() -> bool:
            nonlocal said
            said = await self.said(name)
            return bool(is_so(said))

        try:
            await until(there, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(said)}\n{await self.pair.story()}") from None
        return said

    async def wish(self, name: str, path: str, **fields: str) -> HTTPResponse:
        """As a program would: a form, and JSON as the answer."""
        visitor = await self.visitor(name)
        token = await visitor.token("/account")
        body = "&".join(f"{key}={value}" for key, value in {**fields, "_xsrf": token}.items())
        headers = {"Accept": JSON, "Content-Type": "application/x-www-form-urlencoded"}
        return await visitor.request("POST", path, body.encode(), headers)


def pages_of(pair: Pair, name: str) -> MakePair:
    folder = pair.folder / name
    told = FilesView(clock.now_ms() + 10 * FRESH_MS, peer=True, one_copy=3, oldest=clock.now_ms(), troubles=("disk",))
    (folder / "progress.json").write_bytes(msgspec.json.encode(told))
    places = {"file": folder / "cluster.toml", "socket": folder / "ha.sock", "wishes": folder / "wish.sock"}
    places["files"] = folder / "progress.json"
    return lambda sessions: PairService(sessions, **places)


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    config = config_in(tmp_path / "admin")
    (tmp_path / "admin").mkdir()
    await asyncio.to_thread(schema.upgrade, config.database.url)
    (tmp_path / "pair").mkdir()
    pair = Pair(tmp_path / "pair")
    try:
        await pair.start_etcd()
        async with contextlib.AsyncExitStack() as around:
            open_site = lambda name: around.enter_async_context(tls_site(config, tmp_path, pages_of(pair, name)))  # noqa: E731
            sites = {name: await open_site(name) for name in pair.boxes}
            draft = first_administrator("admin", "周管理", PASSWORD, "zh_CN")
            await sites["n1"].services.users.create_administrator(draft, Author(None, "test"))
            async with EtcdClient(pair.cluster.access(user="hcc", password=AGENT_PASSWORD)) as etcd:
                await etcd.put(b"/hcc/witness/w", b"{}")  # as the witness's program says that it is there
            front = Front(pair, {name: urlsplit(site.url).port or 0 for name, site in sites.items()})
            url = await around.enter_async_context(front.running())
            around.enter_context(_watched(sites))
            (pair.boxes["n1"].folder / "first").touch()
            for box in pair.boxes.values():
                box.start()
            yield Ward(pair, sites, url)
    finally:
        await pair.close()
        shutil.rmtree(pair.folder, ignore_errors=True)


@contextlib.contextmanager
def _watched(sites: dict[str, Site]):
    """What keeps history and runs tests, as it does beside the pages."""
    tasks = [asyncio.create_task(PairWatch(site.services.pair, site.sessions).run()) for site in sites.values()]
    yield
    for task in tasks:
        task.cancel()


def redundant_under(name: str) -> Callable[[Said], bool]:
    return lambda said: bool(said["active"] == name and said["redundant"])


async def test_an_administrator_looks_after_the_pair(ward: Ward) -> None:
    said = await ward.until_said("n1", 30, "the pair is redundant", redundant_under("n1"))
    boxes = {box["name"]: box["status"] for box in said["boxes"]}
    assert (boxes["n1"]["address"]["held"], boxes["n2"]["address"]["held"]) == (True, False)
    assert (boxes["n1"]["postgres"]["caught_up"], boxes["n2"]["postgres"]["role"]) == (True, "standby")
    assert (await ward.said("n2"))["active"] == "n1", "whichever box is asked"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(ignore_https_errors=True, viewport=SCREEN, locale="zh-CN")
        page.set_default_timeout(BROWSER_MS)
        await _sign_in(page, ward.url)
        await _look(page, ward.url)
        await _switch_over(page, ward)
        await _maintain(ward)
        await _tested_by_schedule(ward)
        await _stays_honest(page, ward)
        await browser.close()


async def _sign_in(page: Page, url: str) -> None:
    await page.goto(f"{url}/login")
    await page.fill("#login", "admin")
    await page.fill("#password", PASSWORD)
    await page.click("main .btn-primary")
    await page.wait_for_url(lambda address: "/login" not in address)


async def _fits(page: Page) -> None:
    assert await page.evaluate(OVERFLOW) == []
    assert await serious(page) == []


async def _look(page: Page, url: str) -> None:
    for address in ("/cluster", "/cluster/switch-over", "/cluster/maintenance"):
        for _language in ("zh_CN", "en"):
            await page.goto(url + address)
            await _fits(page)
            await page.click("button[name=language]")
    await page.goto(f"{url}/cluster")
    assert "冗余：是" in await page.inner_text(".cluster-verdict")
    assert await page.inner_text("[data-box=n1] [data-role]") == "运行中"
    assert "仅有一份的录音：3 条" in await page.inner_text("[data-files='3']")


async def _switch_over(page: Page, ward: Ward) -> None:
    """The page goes on through the change of the box behind its address, and the history tells it."""
    await page.click("#to-switch")
    assert "n2" in await page.inner_text(".ask")
    await page.click("main .btn-danger")
    await page.wait_for_selector(".cluster-progress[data-stage=done]")
    await page.wait_for_selector("[data-box=n2] [data-role] >> text=运行中")
    await page.wait_for_selector("[data-failover=n2][data-cause=switchover]")
    await page.wait_for_selector(".cluster-verdict.is-good")
    await page.screenshot(path=MANUAL / "cluster.png", full_page=True)
    await page.click("[data-failover=n2] a")
    await page.wait_for_selector(".rung-stepped_down")
    rungs = await page.locator(".rung").count()
    assert rungs >= 6, "stepped down, asked for the lease, won it, database, services, serving"
    await _fits(page)
    await page.screenshot(path=MANUAL / "cluster-failover.png", full_page=True)
    await page.goto(f"{ward.url}/audit?period=today")
    assert "发起切换" in await page.inner_text("main")


async def _maintain(ward: Ward) -> None:
    """The standby keeps out; a switch-over is refused, with reasons."""
    refused = await ward.wish("n2", "/cluster/maintenance", box="n2")
    assert (refused.code, json.loads(refused.body)["error"]["code"]) == (409, "active")
    assert (await ward.wish("n2", "/cluster/maintenance", box="n1")).code == 200
    said = await ward.until_said("n2", 10, "n1 is in maintenance", lambda said: said["maintenance"] == "n1")
    assert "peer_in_maintenance" in [reason["code"] for reason in said["reasons"]]
    refused = await ward.wish("n2", "/cluster/switch-over", anyway="1")
    assert (refused.code, json.loads(refused.body)["error"]["code"]) == (409, "not-ready")
    assert "另一台在维护中" in json.loads(refused.body)["error"]["message"]
    assert "data-blocking" in text(await (await ward.visitor("n2")).get("/cluster/switch-over"))
    assert (await ward.wish("n2", "/cluster/maintenance", end="1")).code == 200
    await ward.until_said("n2", 15, "n1 is back", redundant_under("n2"))


async def _tested_by_schedule(ward: Ward) -> None:
    """The day has come: the pair is switched over, and what became of it is told."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    plan = TestPlan(enabled=True, day=now.day, start=f"{now:%H:%M}", minutes=120)
    services = ward.sites["n2"].services
    await services.pair_history.save_plan(plan, Author(None, "test"))
    await ward.until_said("n1", 20, "n1 serves", lambda said: said["active"] == "n1")

    async def told() -> bool:
        state = await services.pair_history.test_state()
        return bool(state.tests) and state.tests[0].result == "done" and bool(state.tests[0].failover_id)

    await until(told, 10, "the test has passed")
    page = text(await (await ward.visitor("n1")).get("/cluster/test"))
    assert 'data-result="done"' in page


async def _stays_honest(page: Page, ward: Ward) -> None:
    """By itself: a box that is gone is not shown as it was, and neither is the pair when nobody can be asked."""
    await page.goto(f"{ward.url}/cluster")
    await ward.pair.boxes["n2"].power_off()
    await page.wait_for_selector(".cluster-verdict.is-bad [data-reason=peer_silent]")
    await page.wait_for_selector("[data-box=n2] [data-role] >> text=没有回应")
    assert await page.inner_text("[data-box=n1] [data-role]") == "运行中"
    await ward.pair.boxes["n1"].power_off()
    assert (await ward.said("n1"))["reasons"][0]["code"] == "agent_silent"
    await page.wait_for_selector("#cluster-stale:visible")
