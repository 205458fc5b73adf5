"""A manager makes a conference room on the spot and runs the conference from the browser."""

import re
from pathlib import Path

import pytest

from tests.center import ONE_PATIENT, Center
from tests.image.conftest import OpenPage
from tests.sip.phone import Phone


@pytest.mark.req("PBX-6")
async def test_a_manager_makes_a_room_calls_people_in_and_moderates(
    center: Center, open_page: OpenPage, carrier: Phone, pictures: Path
) -> None:
    page = await open_page("manager", "/rooms")
    await page.get_by_role("button", name="立即开会").click()
    number = await page.locator("#room-number").inner_text()
    pin = await page.locator("#room-pin").inner_text()
    assert len(pin) == 6
    await page.get_by_role("link", name="进入会议页面").click()
    await page.get_by_text(f"内部拨打 {number}").wait_for()
    await center.trunk_is_up()
    for guest in (ONE_PATIENT, "13940000077"):
        before = len(carrier.events)
        await page.fill("#room-invite", guest)
        await page.keyboard.press("Enter")
        await page.locator(f"tr[data-number='{guest}'] [data-state=ringing]").wait_for()
        await carrier.rings(after=before)
        await carrier.answer()
        await carrier.talks(after=before)
        await page.locator(f"tr[data-number='{guest}'] [data-state=entering]").wait_for()
        await carrier.press("1")
        await page.locator(f"tr[data-number='{guest}'] [data-action=mute]").wait_for()
    await page.get_by_text("2 人在会").wait_for()
    assert "张三" in await page.locator(f"tr[data-number='{ONE_PATIENT}']").inner_text()
    await page.click(f"tr[data-number='{ONE_PATIENT}'] [data-action=mute]")
    await page.locator(f"tr[data-number='{ONE_PATIENT}'] [data-state=muted]").wait_for()
    await page.click("[data-action=record]")
    await page.click("[data-action=lock]")
    await page.get_by_text("已锁定").wait_for()
    await page.locator("tr [data-state=talking]").wait_for()
    await page.locator("hcc-time").filter(has_text=re.compile("0:[0-5][3-9]")).first.wait_for()
    await page.screenshot(path=pictures / "conference-room.png")
    await page.fill("#room-invite", "12a")
    await page.keyboard.press("Enter")
    await page.get_by_text("不能拨打该号码").wait_for()
    ended = len(carrier.events)
    await page.click("[data-action=end]")
    await page.click("[data-action=end-sure]")
    await carrier.ended(12, after=ended)
    await page.get_by_text("会议室空闲").wait_for()
    await page.get_by_text(f"内部拨打 {number}").wait_for()
