"""The main job from the first ring to the recording heard in the browser, with nothing of ours at either end."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.center import MENU_DID, TWO_PATIENTS, Center
from tests.image.conftest import AGENT_TONE, CALLER_TONE, MakePhone, OpenPage, agent_hears, go_home, start_work
from tests.sip.waiting import until
from tests.speech_oracle import contains_syllables, recognise
from tests.tones import read_wav, tone_level

HOSPITAL = "市第一人民医院"
AUDIBLE_DBFS = -45


async def _find_call(page: Page, number: str) -> None:
    """Search the list of calls for `number` and open the newest."""
    await page.fill("input[name=number]", number)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("tbody tr")
    assert number[-4:] in await page.locator("tbody tr").first.inner_text()
    await page.locator("tbody tr a[href^='/calls/']").first.click()
    await page.wait_for_selector("hcc-player")


@pytest.mark.req("PBX-1", "PBX-3", "IVR-1", "ACD-1", "CTI-1", "AGT-1", "REC-1", "QC-1")
@pytest.mark.timeout(360)
async def test_a_patient_calls_and_is_helped(
    center: Center, open_page: OpenPage, caller: MakePhone, pictures: Path
) -> None:
    desktop = await open_page("agent1", "/desktop")
    await start_work(desktop)
    patient = await caller(TWO_PATIENTS)

    await patient.dial(MENU_DID)
    await patient.talks()
    heard_enough: Callable[[], bool] = lambda: len(patient.heard()) >= 8000 * 6  # noqa: E731 - a name for the wait
    await until(heard_enough, 12, "the greeting is heard")
    words = recognise((patient.heard(), 8000))
    assert contains_syllables(words, HOSPITAL), words

    await patient.press("1")
    await desktop.wait_for_selector("[data-phase=ringing]")
    shown = await desktop.locator("hcc-call-pane").inner_text()
    assert "李四" in shown
    assert "李小四" in shown
    await desktop.keyboard.press("Enter")
    await desktop.wait_for_selector("[data-phase=talking]")
    caller_hears: Callable[[], bool] = lambda: (  # noqa: E731
        tone_level(patient.heard(0.5), 8000, AGENT_TONE) > AUDIBLE_DBFS
    )
    agent_hears_caller: Callable[[], Awaitable[bool]] = lambda: agent_hears(desktop, CALLER_TONE)  # noqa: E731
    await until(caller_hears, 10, "the caller hears the agent")
    await until(agent_hears_caller, 10, "the agent hears the caller")
    await patient.hang_up()
    await desktop.wait_for_selector("[data-state=wrap_up]")
    await go_home(desktop)

    record = (await until(lambda: center.interactions(TWO_PATIENTS), 5, "the record"))[-1]
    assert (record["outcome"], record["hung_up_by"]) == ("answered", "caller")
    assert center.segments(record["id"])[:4] == ["ivr", "wait", "ring", "talk"]
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > AUDIBLE_DBFS > tone_level(left, rate, AGENT_TONE)
    assert tone_level(right, rate, AGENT_TONE) > AUDIBLE_DBFS > tone_level(right, rate, CALLER_TONE)

    page = await open_page("manager", "/calls")
    await _find_call(page, TWO_PATIENTS)
    assert record["id"] in page.url
    assert await page.locator("svg").count() > 0
    source = await page.locator("hcc-player").get_attribute("data-src")
    assert source is not None
    answer = await page.request.get(center.box.url + source, headers={"Range": "bytes=0-43"})
    assert answer.status == 206
    assert re.match(rb"RIFF....WAVE", await answer.body(), re.DOTALL)
    await page.screenshot(path=pictures / "call.png", full_page=True)
