"""The agent's browser and the real box: registering, ringing, sound both ways, dialling out, and its pictures."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.center import ONE_PATIENT, QUEUE_DID, STRANGER, TWO_PATIENTS, Center
from tests.image.conftest import AGENT_TONE, CALLER_TONE, MakePhone, OpenPage, agent_hears, go_home, start_work
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import read_wav, tone_level

CLEAR_DBFS = -45
"""The browser takes a steady hum for noise and turns it down by and by."""


async def hears_agent(patient: Phone) -> bool:
    return tone_level(patient.heard(0.5), 8000, AGENT_TONE) > CLEAR_DBFS


async def rings(page: Page) -> None:
    """Until the browser's phone has the call."""
    await until(lambda: page.evaluate("performance.getEntriesByName('hcc-ring').length > 0"), 8, "the phone rings")


async def offered(page: Page, patient: Phone) -> None:
    """The patient calls the agent's queue; the card is on the screen and the browser's phone rings."""
    await patient.dial(QUEUE_DID)
    await page.wait_for_selector("[data-phase=ringing]")
    await rings(page)


@pytest.mark.req("AGT-1", "CTI-1", "CTI-2", "REC-1", "PBX-3")
async def test_a_browser_agent_takes_a_real_call_with_sound_both_ways(
    center: Center, open_page: OpenPage, caller: MakePhone, pictures: Path
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    assert "张三" in await page.locator("hcc-call-pane").inner_text()
    await page.screenshot(path=pictures / "desktop-ringing.png")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-phase=talking]")
    await patient.talks()
    await until(lambda: hears_agent(patient), 8, "the caller hears the agent")
    await until(lambda: agent_hears(page, CALLER_TONE), 8, "the agent hears the caller")
    await page.wait_for_selector("[data-lamp=media][data-value=flowing]")
    await page.screenshot(path=pictures / "desktop-talking.png")
    await page.click("[data-action=hang_up]")
    await patient.ended()
    await page.wait_for_selector("[data-state=wrap_up]")
    await page.get_by_text("预约挂号", exact=True).last.click()
    await page.get_by_text("已解决", exact=True).click()
    await page.fill("#hcc-wrap-notes", "已预约周三上午")
    await page.screenshot(path=pictures / "desktop-wrap-up.png")
    await page.click("[data-action=wrap_up]")
    await page.wait_for_selector("[data-state=ready]")
    record = (await until(lambda: center.interactions(ONE_PATIENT), 5, "the record"))[-1]
    assert (record["outcome"], record["hung_up_by"], record["agent_id"]) == ("answered", "agent", 1)
    (left, right), rate = read_wav(await center.recording(record["id"]))
    assert tone_level(left, rate, CALLER_TONE) > CLEAR_DBFS > tone_level(left, rate, AGENT_TONE)
    assert tone_level(right, rate, AGENT_TONE) > CLEAR_DBFS > tone_level(right, rate, CALLER_TONE)
    await go_home(page)


@pytest.mark.req("CTI-1")
async def test_the_patient_is_on_the_screen_before_the_phone_rings(
    center: Center, open_page: OpenPage, caller: MakePhone
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    await offered(page, await caller(TWO_PATIENTS))
    pop, ring = await page.evaluate(
        "['hcc-call', 'hcc-ring'].map((name) => performance.getEntriesByName(name).at(-1).startTime)"
    )
    print(f"screen {ring - pop:.0f} ms before the ring")
    assert pop <= ring
    assert await page.locator("[data-patient]").count() == 2, "both patients of this number are offered"
    await page.click("[data-patient] >> nth=1")
    await page.get_by_text("更换患者").wait_for()
    await page.keyboard.press("Escape")
    await page.wait_for_selector("[data-state=not_answering]")
    await go_home(page)


@pytest.mark.req("AGT-1")
async def test_an_unknown_caller_is_registered_while_talking(
    center: Center, open_page: OpenPage, caller: MakePhone
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    patient = await caller(STRANGER)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-phase=talking]")
    form = page.locator("hcc-patient-form")
    assert await form.locator("[name=phone]").input_value() == STRANGER
    await form.locator("[name=name]").fill("赵敏")
    await form.locator("button.btn-primary").click()
    await page.locator("hcc-patient-pane").get_by_text("赵敏").first.wait_for()
    await patient.hang_up()
    await page.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)
    rows = await until(lambda: center.interactions(STRANGER), 5, "the record")
    known = center.query("SELECT id FROM patient WHERE name = '赵敏'")
    assert rows[-1]["patient_id"] == known[0]["id"]


@pytest.mark.req("CTI-2")
async def test_hold_mute_and_keys_reach_the_caller(open_page: OpenPage, caller: MakePhone) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await until(lambda: hears_agent(patient), 8, "the caller hears the agent")
    await page.keyboard.press("Alt+h")
    await page.wait_for_selector("[data-phase=holding]")

    async def silent() -> bool:
        return not await hears_agent(patient)

    await until(silent, 5, "on hold the caller does not hear the agent")
    await page.keyboard.press("Alt+h")
    await until(lambda: hears_agent(patient), 5, "the caller is back")
    await page.keyboard.press("Alt+m")
    await page.wait_for_selector("[data-action=mute][aria-pressed=true]")
    await until(silent, 5, "a muted agent is not heard")
    await page.keyboard.press("Alt+m")
    await until(lambda: hears_agent(patient), 5, "heard again")
    await patient.hang_up()
    await page.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)


@pytest.mark.req("CTI-2")
async def test_an_agent_dials_a_patient_and_the_browser_answers_by_itself(
    center: Center, open_page: OpenPage, carrier: Phone
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    await page.fill("#hcc-dial-number", "139 0000 1234")
    before = len(carrier.events)
    await page.click("[data-action=dial]")
    await carrier.rings(after=before)
    await page.get_by_text("正在呼叫").wait_for()
    await carrier.answer()
    await page.wait_for_selector("[data-phase=talking]")
    await until(lambda: hears_agent(carrier), 8, "the patient hears the agent")
    await until(lambda: agent_hears(page, CALLER_TONE), 8, "the agent hears the patient")
    await carrier.hang_up()
    await page.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)
    rows = center.query("SELECT * FROM interaction WHERE direction = 'outbound' ORDER BY id")
    assert rows[-1]["called"] == "13900001234"


@pytest.mark.req("CTI-2", "CTI-3")
async def test_a_call_is_handed_to_a_colleague_in_her_browser(
    center: Center, open_page: OpenPage, caller: MakePhone
) -> None:
    page, colleague = await open_page("agent1", "/desktop"), await open_page("agent3", "/desktop")
    await start_work(page)
    await start_work(colleague)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-phase=talking]")
    await page.click("[data-action=transfer]")
    await page.click("[data-way=transfer]")
    await page.click("[data-target='1003']")
    await page.wait_for_selector("[data-state=wrap_up]")
    await rings(colleague)
    assert "张三" in await colleague.locator("hcc-call-pane").inner_text()
    await colleague.click("[data-action=answer]")
    await colleague.wait_for_selector("[data-phase=talking]")
    await until(lambda: agent_hears(colleague, CALLER_TONE), 8, "the colleague hears the caller")
    await until(lambda: hears_agent(patient), 8, "the caller hears the colleague")
    await patient.hang_up()
    await colleague.wait_for_selector("[data-state=wrap_up]")
    await go_home(page)
    await go_home(colleague)


async def test_a_caller_who_gives_up_leaves_nothing_ringing(
    center: Center, open_page: OpenPage, caller: MakePhone
) -> None:
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await patient.hang_up()
    await page.wait_for_selector("[data-state=ready]")
    await page.get_by_text("当前没有通话").first.wait_for()
    await center.nothing_left()
    await go_home(page)


@pytest.mark.req("SUP-1")
async def test_the_board_shows_the_floor_as_it_is(open_page: OpenPage, caller: MakePhone, pictures: Path) -> None:
    board = await open_page("manager", "/board")
    page = await open_page("agent1", "/desktop")
    await start_work(page)
    await board.wait_for_selector("[data-agent='1001'][data-state=ready]")
    patient = await caller(ONE_PATIENT)
    await offered(page, patient)
    await board.wait_for_selector("[data-agent='1001'][data-state=ringing]")
    await page.keyboard.press("Enter")
    await board.wait_for_selector("[data-agent='1001'][data-state=talking]")
    assert "张三" in await board.locator("tr[data-call]").inner_text()
    await board.screenshot(path=pictures / "board.png")
    await patient.hang_up()
    await board.wait_for_selector("[data-agent='1001'][data-state=wrap_up]")
    await board.get_by_text("当前没有通话").first.wait_for()
    await go_home(page)
