"""A browser, the harness, and tabs in it whose console must stay silent."""

import asyncio
import contextlib
import re

import pytest
from playwright.async_api import async_playwright

from appliance.webadmin.sessions import COOKIE
from tests.desk_people import token_of
from tests.islands.harness import serve

CHROMIUM = "/usr/bin/chromium"
SCREEN = {"width": 1366, "height": 768}
EXPECTED = re.compile(r"/sip' failed|/gone\.wav")
"""There is no telephone system behind the harness, and one sound is missing on purpose."""


@pytest.fixture(scope="session")
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--use-fake-device-for-media-stream"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def islands(tmp_path):
    async with serve(tmp_path) as islands:
        yield islands


@pytest.fixture
async def open_tab(browser, islands):
    """`await open_tab(login, island)` opens a page in the login's own browser window."""
    contexts, complaints = {}, []

    async def open_tab(login="agent1", island="desktop", language="zh_CN"):
        if login not in contexts:
            contexts[login] = await browser.new_context(
                ignore_https_errors=True, viewport=SCREEN, permissions=["microphone"], locale="zh-CN"
            )
            cookie = {"name": COOKIE, "value": token_of(login), "url": islands.url, "secure": True}
            await contexts[login].add_cookies([cookie])
        page = await contexts[login].new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: complaints.append(told(message)) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{islands.url}/page/{island}/{language}")
        return page

    yield open_tab
    for context in contexts.values():
        await context.close()
    unexpected = [text for text in complaints if not EXPECTED.search(text)]
    assert unexpected == [], "the browser's console"


def told(message):
    return f"{message.text} ({message.location.get('url', '')})"


async def until(condition, seconds=5.0):
    """Poll until `condition()` is true; an awaitable answer is awaited."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                answer = condition()
                if asyncio.iscoroutine(answer):
                    answer = await answer
                if answer:
                    return
                await asyncio.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


async def serious_findings(page):
    """What axe calls serious or critical, as short texts."""
    if not await page.evaluate("'axe' in window"):
        await page.add_script_tag(url="/static/vendor/testing/axe.js")
    violations = await page.evaluate(
        "axe.run(document, {preload: false, resultTypes: ['violations']}).then((found) => found.violations)"
    )
    return [
        f"{one['impact']} {one['id']}: {node['html'][:120]}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
