"""A booted box with a small call centre, a browser for its pages, and people who telephone."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from appliance.webadmin.sessions import COOKIE
from tests.box import Box, Bridge
from tests.center import TOKEN, Center, Plan
from tests.sip.callers import MakePhone, callers
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.tones import tone, write_wav

CHROMIUM = "/usr/bin/chromium"
SCREEN = {"width": 1366, "height": 768}
CALLER_TONE, AGENT_TONE = 400.0, 700.0
HEARD_DB = -60

LISTEN = """
window.calls = [];
const Plain = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Plain {
  constructor(...all) { super(...all); window.calls.push(this); }
};
window.loudness = async (hertz) => {
  const receiver = window.calls.at(-1)?.getReceivers()[0];
  if (!receiver) return -200;
  const context = (window.listener ??= new AudioContext());
  await context.resume();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  const source = context.createMediaStreamSource(new MediaStream([receiver.track]));
  source.connect(analyser);
  await new Promise((done) => setTimeout(done, 400));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  source.disconnect();
  const at = Math.round((hertz * analyser.fftSize) / context.sampleRate);
  return Math.max(...bins.slice(at - 2, at + 3));
};
"""
"""Before a page's own scripts: lets a test measure in dB what the browser plays to the agent."""

type OpenPage = Callable[..., Awaitable[Page]]


PLAN = Plan(box="10.99.0.30", carrier="10.99.0.31", mass_callers="10.99.0.32")


@pytest.fixture(scope="session")
async def center(bridge: Bridge, carrier: Phone) -> AsyncIterator[Center]:
    """A box of its own: the other tests of the image want an empty one."""
    with Box("centre", PLAN.box, bridge) as box:
        box.boot()
        box.wait_running()
        center = Center(box, PLAN)
        center.seed()
        await center.ready()
        yield center


@pytest.fixture(scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Chromium whose microphone is a file: agents hum at AGENT_TONE."""
    voice = tmp_path_factory.mktemp("voice") / "agent.wav"
    write_wav(voice, [tone(AGENT_TONE, 60, rate=48000)], rate=48000)
    flags = ["--no-sandbox", "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={voice}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        await browser.close()


class Complaints:
    """What the browser's console said; tests announce what they expect."""

    def __init__(self) -> None:
        self.said: list[str] = []
        # Another machine of the test was switched on: Chromium begins anew with its connections.
        self.expected = [r"net::ERR_NETWORK_CHANGED", r"net::ERR_SOCKET_NOT_CONNECTED"]

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.said.append(f"{message.text} ({message.location.get('url', '')})")

    def unexpected(self) -> list[str]:
        return [text for text in self.said if not any(re.search(pattern, text) for pattern in self.expected)]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints()
    yield complaints
    assert complaints.unexpected() == []


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets fixtures know that their test failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


async def show(page: Page, journal: str) -> None:
    """What a person would have seen, and what the box said about it."""
    print(f"--- {page.url}\n{await page.locator('main').inner_text()}\n--- journal\n{journal[-6000:]}")


@pytest.fixture
async def open_page(
    center: Center, browser: Browser, complaints: Complaints, request: pytest.FixtureRequest
) -> AsyncIterator[OpenPage]:
    """`await open_page("agent1", "/desktop")`: a tab in that person's own browser."""
    windows: dict[str, BrowserContext] = {}

    async def open_page(login: str, path: str, *, language: str = "zh-CN") -> Page:
        if login not in windows:
            windows[login] = await browser.new_context(
                ignore_https_errors=True, viewport=SCREEN, permissions=["microphone"], locale=language
            )
            await windows[login].add_init_script(LISTEN)
            cookie = {"name": COOKIE, "value": f"{TOKEN}-{login}", "url": center.box.url, "secure": True}
            await windows[login].add_cookies([cookie])
        page = await windows[login].new_page()
        page.set_default_timeout(30_000)
        page.on("console", complaints.hear)
        page.on("pageerror", lambda error: complaints.said.append(str(error)))
        await page.goto(center.box.url + path)
        return page

    yield open_page
    for window in windows.values():
        if request.node.stash.get(FAILED, False):
            for page in window.pages:
                await show(page, center.box.journal_text(priority="info", since="-40s"))
        await window.close()
    for login in windows:
        with contextlib.suppress(aiohttp.WSServerHandshakeError):  # the test ended the session
            async with center.desk(login) as desk:
                if desk.me:
                    await desk.go_home()


@pytest.fixture(scope="session")
def hosts(bridge: Bridge) -> Iterator[Callable[[str], Host]]:
    made: dict[str, Host] = {}

    def host(address: str) -> Host:
        if address not in made:
            made[address] = Host(bridge.name, address)
        return made[address]

    yield host
    for machine in made.values():
        machine.close()


@pytest.fixture(scope="session")
async def carrier(hosts: Callable[[str], Host]) -> AsyncIterator[Phone]:
    """The far end of the trunk: calls to outside numbers ring here. It is always on, else the trunk would be out."""
    async with Phone(hosts(PLAN.carrier), "carrier", PLAN.box, says=tone(CALLER_TONE, 600)) as phone:
        yield phone


@pytest.fixture
async def caller(center: Center, hosts: Callable[[str], Host]) -> AsyncIterator[MakePhone]:
    """Somebody outside, calling through the carrier: hums at CALLER_TONE."""
    async with callers(hosts(center.plan.carrier), center.box.address, CALLER_TONE) as make:
        yield make


@pytest.fixture
def pictures() -> Path:
    """Where the screenshots of the documentation go."""
    return Path(__file__).parents[2] / "docs" / "screenshots"


async def start_work(page: Page) -> None:
    """Sign in with the browser phone and be ready."""
    await page.wait_for_selector("[data-action=sign_in]")
    await page.select_option(".hcc-phone-choice", "web")
    await page.click("[data-action=sign_in]")
    await page.wait_for_selector("[data-lamp=phone][data-value=registered]")
    await page.click("[data-action=ready]")
    await page.wait_for_selector("[data-state=ready]")


async def go_home(page: Page) -> None:
    """Leave nothing to the next test: write up what is owed and sign out."""
    if await page.locator("[data-action=wrap_up]").count():
        await page.locator("label", has_text="咨询").first.click()
        await page.get_by_text("已解决", exact=True).click()
        await page.click("[data-action=wrap_up]")
        await page.wait_for_selector("[data-state=ready]")
    await page.click("[data-action=sign_out]")
    await page.wait_for_selector("[data-action=sign_in]")


async def agent_hears(page: Page, hertz: float) -> bool:
    """Whether the browser plays this tone to the agent."""
    return float(await page.evaluate("hertz => window.loudness(hertz)", hertz)) > HEARD_DB
