"""The browser story of a callback: it stands in the list, the agent calls back, and the manager sees it done."""

import contextlib
import json
from pathlib import Path

import pytest

from tests.center import ONE_PATIENT, PYTHON, Center
from tests.image.conftest import CALLER_TONE, MakePhone, OpenPage, agent_hears, start_work
from tests.sip.phone import Phone
from tests.sip.waiting import TooLateError, until

QUEUE, DID = 41, "85551041"


@pytest.mark.req("ACD-6")
async def test_a_caller_who_asked_to_be_called_back_is_called_from_the_list(
    center: Center, carrier: Phone, open_page: OpenPage, caller: MakePhone, pictures: Path
) -> None:
    queue = {"id": QUEUE, "name": "门诊咨询", "number": "7341", "members": [21], "did": DID, "announce_seconds": 0}
    script = (Path(__file__).parents[1] / "extra_seed.py").read_text()
    center.box.run(PYTHON, "-", json.dumps([queue | {"callback_mode": "agent"}]), user="hcc", stdin=script)
    page = await open_page("agent21", "/desktop")
    await start_work(page)
    await page.click("[data-action=busy]")
    await page.get_by_text("用餐").click()
    await page.wait_for_selector("[data-state=busy]")
    patient = await caller(ONE_PATIENT)
    async with center.desk("manager", "board") as board:
        await board.until(lambda: QUEUE in board.queues, 5, "the queue is known")
        await patient.dial(DID)
        await patient.talks()
        await board.until(lambda: board.call_of(ONE_PATIENT).get("phase") == "waiting", 8, "she waits")
        for key, asked in (("1", "confirm"), ("1", "")):
            for _ in range(2):
                await patient.press(key)
                with contextlib.suppress(TooLateError):
                    await board.until(lambda asked=asked: board.call_of(ONE_PATIENT).get("asking", "") == asked, 4, key)
                    break
    await patient.ended(20)
    entry = page.locator("[data-callback]")
    await entry.get_by_text("张三").wait_for()
    await page.screenshot(path=pictures / "desktop-callbacks.png")
    before = len(carrier.events)
    await entry.locator("[data-action=call_back]").click()
    await carrier.rings(after=before)
    await carrier.answer()
    await until(lambda: agent_hears(page, CALLER_TONE), 8, "the agent hears the patient")
    await page.click("[data-action=hang_up]")
    await page.wait_for_selector("[data-action=wrap_up]")
    await page.locator("label", has_text="随访回访").first.click()
    await page.get_by_text("已解决", exact=True).click()
    await page.click("[data-action=wrap_up]")
    await page.wait_for_selector("[data-state=busy]")
    await page.click("[data-action=sign_out]")
    await page.wait_for_selector("[data-action=sign_in]")
    overview = await open_page("manager", "/callbacks")
    await overview.get_by_text("已回拨接通").wait_for()
    await overview.screenshot(path=pictures / "callbacks.png")
