"""An agent's desktop in a real browser, while the boxes behind it change."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Page, async_playwright

from appliance.webadmin.sessions import COOKIE

CHROMIUM = "/usr/bin/chromium"
SCREEN = {"width": 1366, "height": 768}
PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"


@contextlib.asynccontextmanager
async def desktop(url: str, token: str) -> AsyncIterator[Page]:
    """The desktop of whoever's session that is."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        window = await browser.new_context(ignore_https_errors=True, viewport=SCREEN, locale="zh-CN")
        await window.add_cookies([{"name": COOKIE, "value": token, "url": url, "secure": True}])
        page = await window.new_page()
        page.set_default_timeout(60_000)
        await page.goto(f"{url}/desktop")
        yield page
        await browser.close()


async def seen_as(page: Page, state: str) -> None:
    """Until she sees herself in that state, and that the desktop is connected."""
    await page.wait_for_selector(f"[data-state={state}]")
    await page.wait_for_selector("[data-lamp=web][data-value=online]")


async def picture(page: Page, name: str) -> None:
    await page.screenshot(path=PICTURES / f"{name}.png")
