"""The agent's browser when things break: programs killed, pages reloaded, tabs doubled, sessions ended."""

import time

import pytest

from tests.center import ONE_PATIENT, QUEUE_DID, Center
from tests.image.conftest import (
    CALLER_TONE,
    Complaints,
    MakePhone,
    OpenPage,
    agent_hears,
    go_home,
    start_work,
)
from tests.image.test_desktop import hears_agent, offered, rings
from tests.sip.waiting import PATIENCE, until

BROKEN_LINE = r"WebSocket connection to|Failed to load resource|ERR_"


@pytest.mark.req("HA-5")
async def test_the_talk_goes_on_and_the_page_recovers_when_call_control_is_killed(
    center: Center, open_page: OpenPage, caller: MakePhone, complaints: Complaints
) -> None:
    complaints.expected.append(BROKEN_LINE)
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await until(lambda: hears_agent(patient), 8, "the caller hears the agent")
    await until(lambda: agent_hears(page, CALLER_TONE), 8, "the agent hears the caller")
    center.box.kill("hcc-desk")
    await page.wait_for_selector("[data-lamp=web][data-value=offline]")
    died = time.monotonic()
    await until(lambda: agent_hears(page, CALLER_TONE), 2, "the agent hears the caller while call control is gone")
    await page.wait_for_selector("[data-lamp=web][data-value=online]")
    seconds = time.monotonic() - died
    print(f"page back after {seconds:.1f} s")
    assert seconds < 5 * PATIENCE
    await page.wait_for_selector("[data-phase=talking]")
    await until(lambda: hears_agent(patient), 2, "the caller hears the agent")
    await page.click("[data-action=hang_up]")
    await patient.ended()
    await page.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)


async def test_a_killed_exchange_ends_the_call_on_screen_and_the_next_one_works(
    center: Center, open_page: OpenPage, caller: MakePhone, complaints: Complaints
) -> None:
    complaints.expected.append(BROKEN_LINE)
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await until(lambda: hears_agent(patient), 8, "the caller hears the agent")
    center.box.kill("asterisk")
    died = time.monotonic()
    await page.wait_for_selector("[data-phase=talking]", state="detached")
    await page.wait_for_selector("[data-lamp=phone][data-value=registered]")
    print(f"phone registered again after {time.monotonic() - died:.1f} s")
    assert time.monotonic() - died < 10 * PATIENCE
    await page.wait_for_selector("[data-state=wrap_up]")
    await page.locator("label", has_text="投诉建议").click()
    await page.locator("label", has_text="需回访").click()
    await page.click("[data-action=wrap_up]")
    await page.wait_for_selector("[data-state=ready]")
    await patient.hang_up()
    await page.evaluate("performance.clearMarks()")
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await until(lambda: agent_hears(page, CALLER_TONE), 8, "the agent hears the next caller")
    await patient.hang_up()
    await page.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)
    outcomes = [row["outcome"] for row in center.interactions(ONE_PATIENT)]
    assert outcomes[-2:] == ["cut", "answered"]


@pytest.mark.req("AGT-3")
async def test_a_reload_in_a_talk_says_goodbye_and_keeps_what_was_written(
    open_page: OpenPage, caller: MakePhone
) -> None:
    page = await open_page("agent1", "/desktop")
    page.on("dialog", lambda dialog: dialog.accept())
    await start_work(page)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await until(lambda: hears_agent(patient), 8, "the caller hears the agent")
    await page.fill("#hcc-wrap-notes", "写到一半")
    await page.reload()
    ended = await patient.ended(3)
    assert ended.type == "CALL_CLOSED"
    await page.wait_for_selector("[data-lamp=phone][data-value=registered]")
    assert await page.input_value("#hcc-wrap-notes") == "写到一半"
    await go_home(page)


@pytest.mark.req("AGT-3")
async def test_a_reload_while_ready_registers_again_and_takes_the_next_call(
    open_page: OpenPage, caller: MakePhone
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    await page.reload()
    await page.wait_for_selector("[data-lamp=phone][data-value=registered]")
    await page.wait_for_selector("[data-state=ready]")
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await until(lambda: hears_agent(patient), 8, "the caller hears the agent")
    await patient.hang_up()
    await page.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)


async def test_the_phone_moves_to_the_tab_that_takes_over(open_page: OpenPage, caller: MakePhone) -> None:
    first = await open_page("agent1", "/desktop")
    await start_work(first)
    second = await open_page("agent1", "/desktop")
    await second.click("[data-action=take_over]")
    await first.wait_for_selector("[data-action=take_over]")
    await second.wait_for_selector("[data-lamp=phone][data-value=registered]")
    await second.wait_for_selector("[data-state=ready]")
    patient = await caller(ONE_PATIENT)
    await patient.dial(QUEUE_DID)
    await rings(second)
    assert await first.evaluate("performance.getEntriesByName('hcc-ring').length") == 0
    await second.keyboard.press("Enter")
    await until(lambda: agent_hears(second, CALLER_TONE), 8, "sound is in the second tab")
    await patient.hang_up()
    await second.wait_for_selector("[data-state=wrap_up]")
    await go_home(second)


async def test_a_frozen_page_loses_the_call_but_not_the_agent(
    center: Center, open_page: OpenPage, caller: MakePhone
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    await page.context.close()
    patient = await caller(ONE_PATIENT)
    await patient.dial(QUEUE_DID)
    async with center.desk("manager", "board") as board:
        await board.until(lambda: not board.agents[1]["phone_online"], 8, "the phone of a closed browser is offline")
        await board.until(lambda: board.agents[1]["state"] == "busy", 8, "no calls for her")
        assert board.agents[1]["cause"] == "phone"


@pytest.mark.req("SEC-2")
async def test_the_desktop_ends_with_its_session(center: Center, open_page: OpenPage, complaints: Complaints) -> None:
    complaints.expected.append(BROKEN_LINE)
    page = await open_page("agent2", "/desktop")
    await start_work(page)
    other = await page.context.new_page()
    await other.goto(center.box.url + "/account")
    await other.get_by_role("button", name="退出").click()
    await other.wait_for_url("**/login*")
    await page.get_by_role("link", name="重新登录").wait_for(timeout=60_000)
