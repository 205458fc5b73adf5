"""The page of the pair before real agents, etcd and PostgreSQL: what administrators see and do there."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from appliance import schema
from appliance.callcenter.pair.service import PairService
from appliance.callcenter.people.model import Author
from appliance.callcenter.people.setup_service import first_administrator
from appliance.ha.etcd.client import EtcdClient
from tests.admin_site import Site, Visitor, config_in, tls_site
from tests.ha.pair.boxes import AGENT_PASSWORD, Pair
from tests.service.admin.test_admin_browser import CHROMIUM, OVERFLOW, SCREEN, SHOTS, serious
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-3", "HA-6")

PASSWORD = "a long one 77"


class Ward:
    """The pair, and the pages as each of its boxes would serve them."""

    def __init__(self, pair: Pair, sites: dict[str, Site]) -> None:
        self.pair = pair
        self.sites = sites

    async def visitor(self, name: str) -> Visitor:
        return await self.sites[name].signed_in("admin", PASSWORD)

    async def said(self, name: str) -> dict:
        """The pair as data, from the pages of that box."""
        visitor = await self.visitor(name)
        return json.loads((await visitor.get("/cluster", Accept="application/json")).body)

    async def until_said(self, name: str, seconds: float, what: str, is_so) -> dict:
        visitor = await self.visitor(name)
        document: dict = {}

        async def there() -> bool:
            nonlocal document
            document = json.loads((await visitor.get("/cluster", Accept="application/json")).body)
            return bool(is_so(document))

        try:
            await until(there, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(document)}\n{await self.pair.story()}") from None
        return document


def pages_of(pair: Pair, name: str) -> PairService:
    folder = pair.folder / name
    return PairService(file=folder / "cluster.toml", socket=folder / "ha.sock")


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    config = config_in(tmp_path / "admin")
    (tmp_path / "admin").mkdir()
    await asyncio.to_thread(schema.upgrade, config.database.url)
    (tmp_path / "pair").mkdir()
    pair = Pair(tmp_path / "pair")
    try:
        await pair.start_etcd()
        async with (
            tls_site(config, tmp_path, pages_of(pair, "n1")) as one,
            tls_site(config, tmp_path, pages_of(pair, "n2")) as two,
        ):
            draft = first_administrator("admin", "周管理", PASSWORD, "zh_CN")
            await one.services.users.create_administrator(draft, Author(None, "test"))
            async with EtcdClient(pair.cluster.access(user="hcc", password=AGENT_PASSWORD)) as etcd:
                await etcd.put(b"/hcc/witness/w", b"{}")  # as the witness's program says that it is there
            (pair.boxes["n1"].folder / "first").touch()
            for box in pair.boxes.values():
                box.start()
            yield Ward(pair, {"n1": one, "n2": two})
    finally:
        await pair.close()
        shutil.rmtree(pair.folder, ignore_errors=True)


async def signed_in(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/login")
    await page.fill("#login", "admin")
    await page.fill("#password", PASSWORD)
    await page.click("main .btn-primary")
    await page.wait_for_url(lambda address: "/login" not in address)


async def test_an_administrator_looks_at_the_pair(ward: Ward) -> None:
    said = await ward.until_said("n1", 30, "the pair is redundant", lambda said: said["redundant"])
    assert (said["active"], said["witness"]["heard"], said["reasons"]) == ("n1", True, [])
    boxes = {box["name"]: box["status"] for box in said["boxes"]}
    assert (boxes["n1"]["address"]["held"], boxes["n2"]["address"]["held"]) == (True, False)
    assert (boxes["n1"]["postgres"]["caught_up"], boxes["n2"]["postgres"]["role"]) == (True, "standby")
    assert (await ward.said("n2"))["active"] == "n1", "whichever box is asked"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(ignore_https_errors=True, viewport=SCREEN, locale="zh-CN")
        await signed_in(page, ward.sites["n1"])
        await _looks_well(page, ward.sites["n1"])
        await _stays_honest(page, ward)
        await browser.close()


async def _looks_well(page: Page, site: Site) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    for language in ("zh_CN", "en"):
        await page.goto(f"{site.url}/cluster")
        assert await page.evaluate(OVERFLOW) == []
        assert await serious(page) == []
        await page.screenshot(path=SHOTS / f"{language}-cluster.png", full_page=True)
        await page.click("button[name=language]")
    await page.goto(f"{site.url}/cluster")
    assert "冗余：是" in await page.inner_text(".cluster-verdict")
    assert await page.inner_text("[data-box=n1] [data-role]") == "运行中"


async def _stays_honest(page: Page, ward: Ward) -> None:
    """By itself: a box that is gone is not shown as it was, and neither is the pair when nobody can be asked."""
    await ward.pair.boxes["n2"].power_off()
    await page.wait_for_selector(".cluster-verdict.is-bad [data-reason=peer_silent]", timeout=20_000)
    await page.wait_for_selector("[data-box=n2] [data-role] >> text=没有回应", timeout=20_000)
    assert await page.inner_text("[data-box=n1] [data-role]") == "运行中"
    await ward.pair.boxes["n1"].power_off()
    await page.wait_for_selector("[data-reason=agent_silent]", timeout=20_000)
    assert await page.locator("[data-box] >> text=运行中").count() == 0
    await page.context.set_offline(offline=True)
    await page.wait_for_selector("#cluster-stale:visible", timeout=20_000)
