"""The manager's windows on the board, and the wallboard, in a real browser without telephones."""

import pytest

from appliance import clock
from tests.desk_double import PATIENTS, new_queue
from tests.islands.conftest import serious_findings, until


@pytest.mark.req("SUP-1", "SUP-3")
async def test_a_managers_windows_are_reached_by_the_keyboard_and_readable_for_everybody(open_tab, islands):
    control = islands.control
    control.do_sign_in(1, "web")
    control.ring(1, patients=[PATIENTS[1]])
    control.talk(1)
    control.set_agent(1, help={"since": clock.now_ms() - 65_000, "note": "患者情绪激动", "call": ""})
    control.set_agent(2, state="busy", cause="meal", phone_online=True, page_online=False)
    page = await open_tab("manager", "board", "en")
    await page.wait_for_selector("[data-help='1001']")
    await page.locator("[data-agent='1001'] button").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-card='1001'] [data-mode=listen]")
    assert await serious_findings(page) == []
    await page.click("[data-action=end_call]")
    await page.wait_for_selector("[data-action=end_call_sure]")
    await page.keyboard.press("Escape")
    await page.wait_for_selector("dialog", state="detached")
    await page.click("[data-action=thresholds]")
    await page.fill("input[data-queue='0'][data-name=waiting]", "0")
    await page.click("[data-action=set_thresholds]")
    await page.get_by_text("whole numbers").wait_for()
    assert await serious_findings(page) == []
    await page.keyboard.press("Escape")
    await page.click("[data-action=messages]")
    await page.get_by_text("No message today").wait_for()
    assert await serious_findings(page) == []
    await page.keyboard.press("Escape")
    await page.fill(".hcc-search", "nobody of that name")
    await page.get_by_text("No agent matches").wait_for()


@pytest.mark.req("SUP-1")
async def test_a_wallboard_turns_its_pages_marks_alarms_and_comes_back(open_tab, islands):
    control = islands.control
    control.queues = {number: new_queue(number, f"第{number}队列", str(7000 + number)) for number in range(1, 9)}
    control.queues[1] |= {"waiting": 7, "longest_since": clock.now_ms() - 125_000}
    for queue in control.queues.values():
        queue["expected_wait_seconds"] = 600
    page = await open_tab("agent1", "wallboard")
    await page.get_by_text("/2 屏").wait_for()
    await page.wait_for_selector("[data-total=waiting].hcc-wall-alarm dd:has-text('7')")
    assert (await page.locator("[data-total=longest] dd").inner_text()).startswith("2:0")
    assert await serious_findings(page) == []
    await page.locator("[data-queue] [data-wait]", has_text="约 10 分钟").first.wait_for()
    await page.context.set_offline(True)
    await page.context.set_offline(False)
    control.queues[1] |= {"waiting": 0, "longest_since": None}
    await until(lambda: page.locator("[data-total=waiting]:not(.hcc-wall-alarm)").count(), 8)
