"""The agent's browser and the real box: registering, ringing, sound both ways, and everything that goes wrong."""

import pytest
from playwright.async_api import Page

from tests.center import ONE_PATIENT, QUEUE_DID, Center
from tests.image.conftest import AGENT_TONE, CALLER_TONE, MakePhone, OpenPage
from tests.sip.waiting import until
from tests.tones import read_wav, tone_level

HEARD_DB = -60
CLEAR_DBFS = -45
"""The browser takes a steady hum for noise and turns it down by and by."""


async def start_work(page: Page, phone: str = "web") -> None:
    await page.wait_for_selector("[data-action=sign_in]")
    await page.select_option(".hcc-phone-choice", phone)
    await page.click("[data-action=sign_in]")
    await page.wait_for_selector("[data-lamp=phone][data-value=registered]")
    await page.click("[data-action=ready]")
    await page.wait_for_selector("[data-state=ready]")


async def go_home(page: Page) -> None:
    """Leave nothing to the next test: write up what is owed and sign out."""
    if await page.locator("[data-action=wrap_up]").count():
        await page.get_by_text("咨询", exact=True).click()
        await page.get_by_text("已解决").click()
        await page.click("[data-action=wrap_up]")
        await page.wait_for_selector("[data-state=ready]")
    await page.click("[data-action=sign_out]")
    await page.wait_for_selector("[data-action=sign_in]")


async def loudness(page: Page, hertz: float) -> float:
    return float(await page.evaluate("hertz => window.loudness(hertz)", hertz))


@pytest.mark.req("CTI-1", "CTI-2", "REC-1")
async def test_a_browser_agent_takes_a_real_call_with_sound_both_ways(
    center: Center, open_page: OpenPage, caller: MakePhone
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    patient = await caller(ONE_PATIENT)
    await patient.dial(QUEUE_DID)
    await page.wait_for_selector("[data-phase=ringing]")
    assert "张三" in await page.locator("hcc-call-pane").inner_text()
    await page.wait_for_selector("[data-action=answer]:not([disabled])")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-phase=talking]")
    await patient.talks()
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > CLEAR_DBFS, 8, "the caller hears the agent")

    async def agent_hears() -> bool:
        return await loudness(page, CALLER_TONE) > HEARD_DB

    await until(agent_hears, 8, "the agent hears the caller")
    await page.wait_for_selector("[data-lamp=media][data-value=flowing]")
    await page.click("[data-action=hang_up]")
    await patient.ended()
    await page.wait_for_selector("[data-state=wrap_up]")
    await page.get_by_text("预约挂号", exact=True).last.click()
    await page.get_by_text("已解决").click()
    await page.fill("#hcc-wrap-notes", "已预约周三上午")
    await page.click("[data-action=wrap_up]")
    await page.wait_for_selector("[data-state=ready]")
    record = (await until(lambda: center.interactions(ONE_PATIENT), 5, "the record"))[-1]
    assert (record["outcome"], record["hung_up_by"], record["agent_id"]) == ("answered", "agent", 1)
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > CLEAR_DBFS > tone_level(left, rate, AGENT_TONE)
    assert tone_level(right, rate, AGENT_TONE) > CLEAR_DBFS > tone_level(right, rate, CALLER_TONE)
    await go_home(page)
