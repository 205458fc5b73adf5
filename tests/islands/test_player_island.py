"""The recording player in a real browser."""

import pytest

from tests.islands.conftest import serious_findings, until


async def position(page):
    return await page.evaluate("document.querySelector('hcc-player').position")


@pytest.mark.req("QC-1")
async def test_a_recording_is_seen_played_and_sought(open_tab):
    page = await open_tab("manager", "player")
    wave = page.locator(".hcc-wave")
    await wave.wait_for()
    text = await page.locator("hcc-player").inner_text()
    assert "患者" in text
    assert "坐席" in text
    assert await page.locator("polygon").count() == 2
    await wave.click(position={"x": (await wave.bounding_box())["width"] * 0.25, "y": 10})
    assert abs(await position(page) - 1) < 0.1
    await page.click("[data-action=play]")
    await until(lambda: page.evaluate("document.querySelector('hcc-player').position > 1.3"))
    await page.click("[data-action=play]")
    await until(lambda: page.locator("[aria-label='播放']").count())
    assert await serious_findings(page) == []


async def test_the_keyboard_moves_plays_and_the_speed_changes(open_tab):
    page = await open_tab("manager", "player")
    wave = page.locator(".hcc-wave")
    await wave.wait_for()
    await wave.focus()
    await page.keyboard.press("End")
    assert await wave.get_attribute("aria-valuenow") == "4"
    await page.keyboard.press("ArrowLeft")
    assert await wave.get_attribute("aria-valuenow") == "0"
    await page.select_option(".hcc-player-speed select", "2")
    await page.keyboard.press("Tab")
    await wave.focus()
    await page.keyboard.press("Space")
    await until(lambda: page.evaluate("document.querySelector('hcc-player').position > 2"), 2.0)


async def test_a_recording_that_is_gone_says_so(open_tab, islands):
    page = await open_tab("manager", "player")
    await page.evaluate("document.querySelector('hcc-player').remove()")
    await page.evaluate(
        """() => {
          const player = document.createElement("hcc-player");
          player.dataset.src = "/gone.wav";
          player.dataset.peaks = "[[1],[1]]";
          document.querySelector("main").append(player);
        }"""
    )
    await page.click("[data-action=play]")
    await page.get_by_text("录音无法播放").wait_for()
