"""A talk that was cut off under the agent: the desktop says so and calls back with one click."""

import pytest

from appliance import clock
from tests.islands.conftest import serious_findings, until
from tests.islands.desktop import TOO_WIDE, arguments_of, signed_in, verbs

NUMBER = "13800138000"


def cut(**more):
    now = clock.now_ms()
    talk = {"call": "c1", "number": NUMBER, "at": now, "cause": "failover", "patient": "张三", "patient_id": 1}
    return talk | {"callback": ""} | more


@pytest.mark.req("HA-2", "AGT-1")
@pytest.mark.parametrize(
    ("callback", "asked"),
    [("t1", ("call_back", {"callback": "t1"})), ("", ("dial", {"number": NUMBER, "patient_id": 1}))],
    ids=["by a queue", "by no queue"],
)
async def test_a_cut_talk_is_told_and_called_back_with_one_click(open_tab, islands, callback, asked):
    page = await signed_in(open_tab)
    islands.control.set_agent(1, cut_talk=cut(callback=callback))
    note = page.locator("[data-cut=c1]")
    await note.get_by_text("与 张三 138 0013 8000 的通话因主备切换中断").wait_for()
    assert await serious_findings(page) == []
    assert await page.evaluate(TOO_WIDE) == []
    await page.click("[data-action=call_cut]")
    verb, arguments = asked
    await until(lambda: verb in verbs(islands))
    assert arguments_of(islands, verb) == arguments
    await page.click("[data-action=cut_talk_seen]")
    islands.control.set_agent(1, cut_talk=None)
    await note.wait_for(state="detached")
