"""Stories of talks with more than two, each agent in a browser of her own."""

from pathlib import Path

import pytest

from tests.center import ONE_PATIENT, Center
from tests.image.conftest import (
    AGENT_TONE,
    CALLER_TONE,
    MakePhone,
    OpenPage,
    agent_hears,
    go_home,
    start_work,
)
from tests.image.test_desktop import hears_agent, offered, rings
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import tone_level

OUTSIDE = "13900007777"


@pytest.mark.req("CTI-2", "CTI-3", "AGT-1")
@pytest.mark.timeout(360)
async def test_consult_transfer_with_the_record_and_a_conference(
    center: Center, open_page: OpenPage, caller: MakePhone, carrier: Phone, pictures: Path
) -> None:
    page, colleague = await open_page("agent1", "/desktop"), await open_page("agent3", "/desktop")
    await start_work(page)
    await start_work(colleague)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-phase=talking]")
    await page.fill("#hcc-wrap-notes", "胸闷两天，问能否改约到明天")

    await page.click("[data-action=transfer]")
    await page.wait_for_selector("[data-target='8025']")
    await page.screenshot(path=pictures / "desktop-targets.png")
    await page.fill("#hcc-transfer-wanted", "1003")
    await page.wait_for_selector("[data-target='1003'].hcc-target-at")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-consult=ringing]")
    await rings(colleague)
    shown = await colleague.locator("main").inner_text()
    for expected in ("坐席1 向您咨询", "张三", "胸闷两天，问能否改约到明天"):
        assert expected in shown
    await colleague.click("[data-action=answer]")
    await page.wait_for_selector("[data-consult=talking]")
    await until(lambda: agent_hears(page, AGENT_TONE), 8, "the agent hears her colleague")
    assert tone_level(patient.heard(0.4), 8000, AGENT_TONE) < -45, "the patient hears music"
    await page.screenshot(path=pictures / "desktop-consult.png")
    await colleague.screenshot(path=pictures / "desktop-asked.png")

    await page.click("[data-action=merge]")
    await page.wait_for_selector("[data-conference]")
    seen = len(carrier.events)
    await page.click("[data-action=transfer]")
    await page.fill("#hcc-transfer-wanted", OUTSIDE)
    await page.click(f"[data-target='{OUTSIDE}']")
    await carrier.rings(after=seen)
    await carrier.answer()
    await page.wait_for_selector(f"[data-party='{OUTSIDE}'][data-state=talking]")
    await until(lambda: hears_agent(carrier), 8, "the one outside hears the agents")
    await page.screenshot(path=pictures / "desktop-conference.png")
    await page.click(f"[data-party='{OUTSIDE}'] [data-action=drop]")
    await carrier.ended(after=seen)
    await page.click("[data-action=leave]")
    await page.wait_for_selector("[data-state=wrap_up]")
    await colleague.wait_for_selector("[data-phase=talking]:not(:has([data-part]))")
    assert await colleague.input_value("#hcc-wrap-notes") == "胸闷两天，问能否改约到明天"
    await until(lambda: agent_hears(colleague, CALLER_TONE), 8, "the colleague goes on with the patient")
    await patient.hang_up()
    await colleague.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)
    await go_home(colleague)
