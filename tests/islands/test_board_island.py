"""The live board in a real browser."""

import pytest

from appliance import clock
from tests.desk_double import PATIENTS, new_queue
from tests.islands.conftest import serious_findings, until


async def value(page, name):
    return await page.locator(f"[data-kpi={name}] .hcc-kpi-value").inner_text()


async def test_an_empty_board_says_so(open_tab, islands):
    islands.control.agents.clear()
    islands.control.queues.clear()
    page = await open_tab("manager", "board")
    await page.wait_for_selector(".hcc-kpis")
    text = await page.locator("hcc-board").inner_text()
    for expected in ("还没有坐席", "还没有队列", "没有人在等候", "当前没有通话"):
        assert expected in text
    assert await value(page, "level") == "–"
    assert await serious_findings(page) == []


@pytest.mark.req("SUP-1", "SUP-4")
async def test_figures_people_and_calls_are_live(open_tab, islands):
    control = islands.control
    page = await open_tab("manager", "board")
    await page.wait_for_selector(".hcc-kpis")
    for agent in (1, 2, 3):
        control.do_sign_in(agent, "web")
    control.set_agent(3, state="busy", cause="meal")
    control.ring(1, patients=[PATIENTS[1]], vip=True)
    control.talk(1)
    for place in (1, 2):
        control.wait(f"w{place}", caller=f"1390000000{place}", position=place, since=clock.now_ms() - 95_000)
    control.set_queue(
        1, waiting=2, longest_since=clock.now_ms() - 95_000, answered_today=80, abandoned_today=20, in_level_today=60
    )
    control.set_queue(1, expected_wait_seconds=125)
    control.set_queue(3, expected_wait_seconds=None)
    await until(lambda: page.locator("[data-call=w2]").count())
    assert await value(page, "waiting") == "2"
    assert (await value(page, "longest")).startswith("1:3")
    assert await value(page, "level") == "60%"
    assert await value(page, "calls_now") == "1"
    assert await value(page, "signed_in") == "3"
    tile = await page.locator("[data-agent='1001']").inner_text()
    assert "通话中" in tile
    assert "张伟" in tile
    assert "示忙 · 用餐" in await page.locator("[data-agent='1003']").inner_text()
    assert "第 2 位" in await page.locator("[data-call=w2]").inner_text()
    assert await page.locator("[data-queue='7001'].hcc-very-late").count() == 1
    waits = [await page.locator(f"[data-queue='{number}'] [data-wait]").inner_text() for number in (7001, 7002, 7000)]
    assert waits == ["约 3 分钟", "马上接听", "无人可接"]
    control.end(1)
    await until(lambda: page.locator("[data-agent='1001'][data-state=wrap_up]").count())
    assert await value(page, "calls_now") == "0"
    assert await serious_findings(page) == []


async def test_an_agent_sees_the_board_but_no_other_callers(open_tab, islands):
    islands.control.wait("w1", caller="13912345678")
    page = await open_tab("agent1", "board")
    await page.wait_for_selector(".hcc-kpis")
    assert await page.locator("[data-call]").count() == 0


async def test_many_agents_and_queues_fit_one_screen(open_tab, islands):
    control = islands.control
    control.agents = {
        number: {**control.agents[1], "id": number, "number": str(1000 + number)} for number in range(1, 31)
    }
    control.queues = {number: new_queue(number, f"第{number}队列", str(7000 + number)) for number in range(1, 9)}
    page = await open_tab("manager", "board", "en")
    for number in range(1, 31):
        control.do_sign_in(number, "web")
    await until(lambda: page.locator("[data-agent]").evaluate_all("all => all.length === 30"))
    height = await page.evaluate("document.documentElement.scrollHeight")
    assert height <= 768
    assert await page.evaluate("document.documentElement.scrollWidth") <= 1366
