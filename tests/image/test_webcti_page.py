"""An integrator's page in a real browser: signs an agent in, dials, pops, pauses; and the sample program."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser

from tests import center as at
from tests.center import PYTHON, Center
from tests.image.conftest import AGENT_TONE, SCREEN, Complaints, MakePhone
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import tone
from tests.webcti_client import Program, known_keys

SAMPLES = Path(__file__).parents[2] / "samples" / "webcti"
PAGE = "http://10.99.0.1:9090"


@pytest.fixture(scope="module")
async def key(center: Center) -> str:
    wanted = {"keys": [{"name": "page", "may_patients": True, "origins": [PAGE]}]}
    return (await known_keys(center.box, wanted))["page"]


@pytest.fixture
def environment(center: Center, key: str) -> dict[str, str]:
    return os.environ | {"WEBCTI_SERVER": center.box.url, "WEBCTI_KEY": key, "WEBCTI_INSECURE": "1"}


@pytest.fixture
def integrator(environment: dict[str, str]) -> Iterator[str]:
    """The integrator's own server, with the sample page."""
    server = subprocess.Popen(
        [sys.executable, str(SAMPLES / "python" / "server.py"), "10.99.0.1", "9090"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield PAGE
    server.kill()
    server.wait(10)


SET_TYPES = """
import sqlite3, sys
connection = sqlite3.connect("/var/lib/hcc/hcc.db", timeout=10)
connection.execute("UPDATE queue SET business_types = ?", sys.argv[1:])
connection.execute("UPDATE configuration_revision SET revision = revision + 1")
connection.commit()
"""


@pytest.fixture
async def few_types(center: Center, key: str) -> AsyncIterator[list[str]]:
    """The queues' forms offer two kinds of business only."""
    types = ["enquiry", "registration"]
    center.box.run(PYTHON, "-", ",".join(types), user="hcc", stdin=SET_TYPES)
    async with Program(center.box.address, key) as program:

        async def known() -> bool:
            queues = (await program.ask("GET", "/queues"))["queues"]
            return all(queue["business_types"] == types for queue in queues)

        await until(known, 5, "the queues' types are known", pause_seconds=0.2)
    yield types
    center.box.run(PYTHON, "-", "", user="hcc", stdin=SET_TYPES)


@pytest.fixture
async def telephones(center: Center, hosts: Callable[[str], Host]) -> AsyncIterator[None]:
    """The agent's desk phone, and one that is dialled."""
    async with contextlib.AsyncExitStack() as stack:
        for number in (8001, at.SPARE):
            host = hosts(f"10.99.0.{number - 8000 + 100}")
            phone = Phone(
                host,
                str(number),
                center.box.address,
                secret=f"secret-{number}",
                answers=True,
                says=tone(AGENT_TONE, 90),
            )
            await stack.enter_async_context(phone)
        yield


@pytest.mark.req("CTI-4", "CTI-5", "CTI-1", "CTI-2")
async def test_integrators_page_signs_an_agent_in_pops_dials_and_pauses(
    center: Center,
    browser: Browser,
    complaints: Complaints,
    integrator: str,
    telephones: None,
    few_types: list[str],
    caller: MakePhone,
    pictures: Path,
) -> None:
    window = await browser.new_context(ignore_https_errors=True, viewport=SCREEN)
    try:
        complaints.expected += [r"status of 422 .*/verbs/dial", r"status of 409 .*/lease"]
        page = await window.new_page()
        page.set_default_timeout(30_000)
        page.on("console", complaints.hear)
        page.on("pageerror", lambda error: complaints.said.append(str(error)))

        async def served() -> bool:
            with contextlib.suppress(Exception):
                await page.goto(f"{integrator}/?agent=1001")
                await page.wait_for_selector("[data-action=sign_in]", timeout=8_000)
                return True
            return False

        await until(served, 10, "the page is served", pause_seconds=0.2)
        await page.click("[data-action=sign_in]")
        await page.click("[data-action=ready]:not(:disabled)")
        await page.wait_for_selector(".state[data-state=ready]")
        patient = await caller(at.ONE_PATIENT)
        await patient.dial(at.QUEUE_DID)
        await page.wait_for_selector(".state[data-state=talking]")
        assert await page.inner_text("#caller") == at.ONE_PATIENT
        assert await page.inner_text("#patient") == "张三"
        await page.screenshot(path=pictures / "webcti-page.png")
        await page.click("[data-action=hang_up]")
        await patient.ended()
        await page.wait_for_selector(".state[data-state=wrap_up]")
        offered = "[...document.querySelector('hcc-phone-bar').shadowRoot.querySelector('[data-action=save]').options]"
        assert await page.evaluate(f"{offered}.map((one) => one.value)") == ["", *few_types]
        await page.select_option("[data-action=save]", "enquiry")
        await page.wait_for_selector(".state[data-state=ready]")
        await page.click(f"[data-dial='{at.SPARE}']")
        await page.wait_for_selector(".state[data-state=talking]")
        await page.click("[data-action=hang_up]")
        await page.wait_for_selector(".state[data-state=ready]")
        await page.select_option("[data-action=busy]", "meal")
        await page.wait_for_selector(".state[data-state=busy]")
        assert "用餐" in await page.inner_text(".state")
        await page.fill("[data-action=number]", "abc")
        await page.click("[data-action=dial]")
        await page.wait_for_selector("text=不能拨打该号码")
        await page.click("[data-action=sign_out]")
        await page.wait_for_selector(".state[data-state=signed_out]")
    finally:
        await window.close()


@pytest.mark.req("CTI-4")
async def test_the_php_sample_dials_for_an_agent(
    center: Center, key: str, environment: dict[str, str], telephones: None
) -> None:
    async with Program(center.box.address, key) as program:
        await program.verb("sign_in", "1001", phone="sip")
        said = await asyncio.to_thread(
            subprocess.run,
            ["php", str(SAMPLES / "php" / "dial.php"), "1001", str(at.SPARE)],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        assert said.stderr == ""
        call = said.stdout.removeprefix("call ").strip()
        await program.listen()
        await program.hears(lambda: program.frames, what="the picture")
        assert call in [one["id"] for one in program.frames[0]["data"]["state"]["calls"]]
        await program.verb("hang_up", "1001")
        await program.hears(lambda: "call.ended" in program.types(), what="the call is over")
        refused = await asyncio.to_thread(
            subprocess.run,
            ["php", str(SAMPLES / "php" / "dial.php"), "1001", "abc"],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        assert refused.stdout.startswith("number-not-allowed: ")
        await program.verb("sign_out", "1001")


@pytest.mark.req("CTI-4")
async def test_the_c_sharp_sample_follows_an_agent_and_goes_on_where_it_stopped(
    center: Center, key: str, environment: dict[str, str], telephones: None, tmp_path: Path
) -> None:
    program = str(tmp_path / "follow.exe")
    source = str(SAMPLES / "csharp" / "Program.cs")
    await asyncio.to_thread(subprocess.run, ["mcs", f"-out:{program}", source], check=True, timeout=60)
    follower = await asyncio.create_subprocess_exec(
        "mono", program, center.box.url, key, "1001",
        env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert follower.stdout is not None
    try:
        async with Program(center.box.address, key) as other, asyncio.timeout(40):
            assert json.loads(await follower.stdout.readline())["type"] == "snapshot"
            await other.verb("sign_in", "1001", phone="sip")
            told = [json.loads(await follower.stdout.readline())]
            center.box.run("systemctl", "restart", "nginx")  # its connection ends; call control knows nothing of it

            async def serves() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    return (await other.raw("GET", "/key"))[0] == 200
                return False

            await until(serves, 10, "the web front is back")
            await other.verb("ready", "1001")
            while told[-1]["data"]["agent"]["state"] != "ready":
                told.append(json.loads(await follower.stdout.readline()))
            await other.verb("sign_out", "1001")
    finally:
        follower.kill()
        await follower.wait()
    numbers = [one["seq"] for one in told]
    assert len(told) >= 2
    assert numbers == sorted(set(numbers)), "nothing twice"
    assert {one["type"] for one in told} == {"agent.state"}


@pytest.mark.req("CTI-4")
async def test_the_sample_program_dials_and_follows_the_call(
    center: Center, environment: dict[str, str], telephones: None
) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(SAMPLES / "python" / "follow.py"), "1001", str(at.SPARE),
        env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(20):
        said, _ = await program.communicate()
    told = [line.split()[1] for line in said.decode().splitlines()]
    assert program.returncode == 0, said
    assert [one for one in told if one in {"call.started", "call.answered", "call.ended"}] == [
        "call.started", "call.answered", "call.ended",
    ]  # fmt: skip
