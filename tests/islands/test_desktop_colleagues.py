"""Colleagues on the desktop: asked, made a member, called."""

import pytest

from tests.desk_double import PATIENTS
from tests.islands.conftest import serious_findings, until
from tests.islands.desktop import TOO_WIDE, arguments_of, signed_in, verbs


@pytest.mark.req("CTI-2", "CTI-3", "AGT-1")
async def test_a_colleague_is_found_by_pinyin_asked_and_made_a_member(open_tab, islands):
    """By keyboard; the colleague's page shows who asks, the patient and the notes."""
    page, colleague = await signed_in(open_tab), await signed_in(open_tab, login="agent2")
    islands.control.ring(1, patients=[PATIENTS[1]], patient_id=1)
    islands.control.talk(1)
    await page.wait_for_selector("[data-phase=talking]")
    await page.fill("#hcc-wrap-notes", "问药")
    await until(lambda: "note" in verbs(islands))
    await page.keyboard.press("Escape")
    await page.locator("body").click(position={"x": 5, "y": 5})
    await page.keyboard.press("Alt+T")
    await page.locator("#hcc-transfer-wanted").press_sequentially("ln")
    await page.wait_for_selector("[data-target='1002'].hcc-target-at")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-consult=ringing]")
    assert arguments_of(islands, "consult") == {"target": "1002", "kind": "agent"}
    await colleague.wait_for_selector("[data-part=asked]")
    shown = await colleague.locator("hcc-call-pane").inner_text()
    for expected in ("王芳 向您咨询", "张伟", "问药"):
        assert expected in shown
    assert await colleague.locator("[data-action=transfer]").count() == 0
    call = islands.control.agents[1]["call"]
    consult = islands.control.calls[call]["consult"]
    islands.control.change_parties(call, consult=consult | {"state": "talking"})
    await page.click("[data-action=swap]")
    await page.wait_for_selector("[data-consult=held]")
    await page.click("[data-action=merge]")
    await page.wait_for_selector("[data-conference] [data-party='1002']")
    await colleague.wait_for_selector("[data-part=member]")
    await page.set_viewport_size({"width": 800, "height": 700})
    assert await page.evaluate(TOO_WIDE) == []


@pytest.mark.req("CTI-2")
async def test_two_colleagues_see_each_other_and_who_is_on_hold_has_no_tools_but_her_own(open_tab, islands):
    page, colleague = await signed_in(open_tab), await signed_in(open_tab, login="agent2")
    caller, called = (islands.control.agents[number]["extension"] for number in (1, 2))
    end = {"agent": 1, "muted": True, "room": ""}
    call = islands.control.ring(2, direction="internal", caller=caller, called=called, customer=end)
    islands.control.talk(2)
    islands.control.set_agent(1, state="talking", call=call)
    islands.control.change_parties(call, customer=end)
    for one, number, name in ((page, called, "李娜"), (colleague, caller, "王芳")):
        await one.locator(".hcc-call-number", has_text=number).wait_for()
        await one.locator(".hcc-call-name", has_text=name).wait_for()
        await one.wait_for_selector("[data-action=hold]")
    await page.wait_for_selector("[data-action=mute][aria-pressed=true]")
    await colleague.wait_for_selector("[data-action=mute][aria-pressed=false]")
    await colleague.click("[data-action=hold]")
    await colleague.wait_for_selector("[data-action=hold][aria-pressed=true]")
    islands.control.change_parties(call, phase="holding")
    await page.locator("[data-part=led]").get_by_text("李娜 已将您置于保持").wait_for()
    assert await page.locator("[data-action=hold], [data-action=transfer]").count() == 0
    await page.wait_for_selector("[data-action=hang_up]")
    await page.screenshot(path="build/colleagues.png")
    islands.control.change_parties(call, phase="talking", customer=end | {"room": "8900"})
    await page.locator("[data-part=led]").get_by_text("您在会议室 8900 中").wait_for()
    assert await serious_findings(page) == []
