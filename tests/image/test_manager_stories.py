"""The shift manager's browser and the real box: listening, whispering, taking over; messages; the wallboard."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.center import ONE_PATIENT, QUEUE_DID, VIP_PATIENT, Center
from tests.image.conftest import AGENT_TONE, CALLER_TONE, MakePhone, OpenPage, agent_hears, go_home, start_work
from tests.sip.waiting import until
from tests.tones import tone_level

WALL = {"width": 1920, "height": 1080}


@pytest.mark.req("SUP-1", "SUP-2", "SUP-3")
async def test_a_manager_listens_whispers_and_takes_over_in_the_browser(
    center: Center, open_page: OpenPage, caller: MakePhone, pictures: Path
) -> None:
    page, board = await open_page("agent1", "/desktop"), await open_page("manager", "/board")
    await start_work(page)
    await board.wait_for_selector("[data-phone=true]")
    patient = await caller(ONE_PATIENT)
    await patient.dial(QUEUE_DID)
    await page.wait_for_selector("[data-phase=ringing]")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-phase=talking]")
    await page.locator("#hcc-wrap-notes").focus()
    await board.click("[data-agent='1001'] button")
    await board.fill("#hcc-reason", "新人带教")
    await board.locator("[data-screen]", has_text="张三").wait_for()
    await board.locator("[data-screen]", has_text="正在写小结").wait_for()
    await board.screenshot(path=pictures / "board-agent-card.png")
    await board.click("[data-card='1001'] [data-mode=listen]")
    await board.wait_for_selector("[data-supervision=listen][data-up=true]")
    await page.wait_for_selector(".hcc-supervised[data-mode=listen]")
    await until(lambda: agent_hears(board, CALLER_TONE), 8, "the manager hears the caller")
    await until(lambda: agent_hears(board, AGENT_TONE), 8, "and the agent")
    assert not await agent_hears(page, AGENT_TONE), "the agent does not hear the manager"
    await board.screenshot(path=pictures / "board-listening.png")
    await board.click(".hcc-supervision [data-mode=whisper]")
    await until(lambda: agent_hears(page, AGENT_TONE), 8, "the agent hears the manager")
    await board.click(".hcc-supervision [data-mode=take_over]")
    await page.wait_for_selector("[data-state=wrap_up]")
    await board.wait_for_selector(".hcc-supervision", state="detached")
    await patient.listen_anew()
    await until(lambda: tone_level(patient.heard(0.5), 8000, AGENT_TONE) > -45, 8, "the caller hears the manager")
    await patient.hang_up()
    await until(lambda: center.channels() == 0, 8, "all is over")
    await go_home(page)
    last = "SELECT id FROM interaction WHERE caller = :caller ORDER BY id DESC LIMIT 1"
    (record,) = await until(lambda: center.query(last, {"caller": ONE_PATIENT}), 5, "the record")
    await board.goto(f"https://{center.box.address}/calls/{record['id']}")
    rows = [await row.locator("td").all_inner_texts() for row in await board.locator(".interventions tbody tr").all()]
    assert [row[1:3] for row in rows] == [["班长", "监听"], ["班长", "耳语"], ["班长", "接管"]]
    assert [row[6] for row in rows] == ["新人带教"] * 3
    await board.locator(".interventions").scroll_into_view_if_needed()
    await board.screenshot(path=pictures / "call-interventions.png")


@pytest.mark.req("SUP-3", "SUP-4")
async def test_a_manager_writes_to_agents_and_sees_who_has_read_it(open_page: OpenPage, pictures: Path) -> None:
    page, board = await open_page("agent1", "/desktop"), await open_page("manager", "/board")
    await start_work(page)
    await board.wait_for_selector("[data-agent='1001']")
    await board.click("[data-action=messages]")
    await board.fill("#hcc-message-text", "下午三点在二楼会议室开会")
    await board.click("[data-action=send_message]")
    await page.locator(".hcc-message", has_text="二楼会议室").wait_for()
    await page.click(".hcc-message button")
    await board.locator(".hcc-sent", has_text="已读 1/").wait_for()  # of all who are there, left from other tests too
    await board.keyboard.press("Escape")
    await board.click("[data-group=closed]")
    await board.wait_for_selector("[data-agent='1001']", state="detached")
    await board.wait_for_selector("[data-agent='1024']")
    await board.click("[data-group=closed]")
    await board.click("[data-action=thresholds]")
    await board.fill("input[data-queue='0'][data-name=waiting]", "1")
    await board.screenshot(path=pictures / "board-thresholds.png")
    await board.click("[data-action=set_thresholds]")
    await board.wait_for_selector("dialog", state="detached")
    await board.click("[data-agent='1001'] button")
    await board.click("[data-force=busy]")
    await page.wait_for_selector("[data-state=busy]")
    await page.locator(".hcc-notice", has_text="班长").wait_for()
    await board.keyboard.press("Escape")
    await page.click("[data-action=sign_out]")
    await page.wait_for_selector("[data-action=sign_in]")


@pytest.mark.req("SUP-1")
async def test_a_wallboard_needs_no_log_in_and_goes_dark_when_its_link_is_revoked(
    center: Center, browser: Browser, open_page: OpenPage, caller: MakePhone, pictures: Path
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    links = await open_page("manager", "/wallboards")
    await links.fill("#name", "大厅")
    await links.click("form.card button.btn-primary")
    address = await links.locator("#secret").inner_text()
    stranger = await browser.new_context(ignore_https_errors=True, viewport=WALL, locale="zh-CN")
    wall = await stranger.new_page()
    await wall.goto(address)
    await wall.wait_for_selector("[data-queue='7001']")
    patient = await caller(VIP_PATIENT)
    await patient.dial(QUEUE_DID)
    await wall.wait_for_selector("[data-total=waiting] dd:has-text('1')")
    shown = await wall.content()
    assert "王五" not in shown
    assert VIP_PATIENT not in shown
    assert await wall.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await wall.screenshot(path=pictures / "wallboard.png")
    await page.keyboard.press("Escape")
    await patient.hang_up()
    await links.goto(f"{center.box.url}/wallboards")
    await links.get_by_text("撤销链接").click()
    await links.locator("main form button").click()
    await wall.get_by_text("链接已失效").wait_for(timeout=36_000)
    assert (await stranger.request.get(address)).status == 404
    await stranger.close()
    await go_home(page)
