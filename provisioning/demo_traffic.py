"""The callers and some of the agents of the demonstration: independent SIP telephones, at a believable pace.

Callers speak a few synthesised sentences, press keys, and sometimes hang up early. Agents 4 to 6 sit at desk phones;
the first three desktops stay free for whoever watches.
"""

import asyncio
import contextlib
import json
import math
import random
import re
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np

from appliance.webadmin.sessions import COOKIE
from tests.box import Box, Bridge
from tests.desk_client import DeskClient
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.waiting import TooLateError
from tests.tones import Samples, read_wav, silence

CALLERS = 3
PAUSE_SECONDS = (12.0, 35.0)
SPEECH = "/opt/hcc/speech"
RATE = 8000
LISTEN_SECONDS = 6.0
LONGEST_CALL_SECONDS = 150
PHONES_HOST = 41
"""Last part of the address where the agents' desk phones are."""

DESK_AGENTS = {"agent4": "8004", "agent5": "8005", "agent6": "8006"}

CALLER_SENTENCES = (
    ("zm_yunxi", "你好，我想预约明天上午心内科的门诊，请问还有号吗？"),
    ("zf_xiaoni", "您好，我妈妈上周出院，伤口有点红，要不要回来看一下？"),
    ("zm_yunjian", "我上个月做的检查，结果什么时候可以取？"),
)
AGENT_SENTENCE = (
    "zf_xiaobei",
    "您好，很高兴为您服务。我帮您查一下，请稍等。好的，已经为您登记了，请问还有别的需要吗？",
)

FORMS = (
    ("registration", "resolved", "预约明天上午门诊，已登记。"),
    ("enquiry", "resolved", "咨询检查结果领取时间，已答复。"),
    ("return_visit", "follow_up", "出院后伤口发红，建议复诊，需回访。"),
    ("complaint", "forwarded", "反映候诊时间长，已转门诊部。"),
)
ROUTES = ("1", "2", "0", "2", "1", "3")


@dataclass(frozen=True)
class Stage:
    """What everybody needs: where to call, the demonstration's data, where telephones stand, what people say."""

    address: str
    carrier: Host
    phones: Host
    demo: dict[str, object]
    callers: list[Samples]
    agent: Samples

    def texts(self, key: str) -> list[str]:
        value = self.demo[key]
        assert isinstance(value, list)
        return value


def place_calls(box: Box, bridge: Bridge, stop: threading.Event, address: str = "") -> None:
    """Place calls from telephones of our own on `bridge` until `stop` is set.

    `box` has the demonstration's data; it is called at `address`, which is its own if not given.
    """
    demo = json.loads(box.run("cat", "/var/lib/hcc/demo.json"))
    callers, agent = _voices()
    address = address or box.address
    hosts = Host(bridge.name, str(demo["carrier"])), Host(bridge.name, _address(address, PHONES_HOST))
    try:
        asyncio.run(_play(Stage(address, *hosts, demo, callers, agent), stop))
    finally:
        for host in hosts:
            host.close()


def _address(network: str, last: int) -> str:
    return f"{network.rpartition('.')[0]}.{last}"


def _voices() -> tuple[list[Samples], Samples]:
    """Speak the sentences once, by the appliance's own voice."""
    with tempfile.TemporaryDirectory() as folder:
        sentences = (*CALLER_SENTENCES, AGENT_SENTENCE)
        files = [Path(folder) / f"{number}.wav" for number in range(len(sentences))]
        jobs = "".join(
            json.dumps({"id": file.name, "text": text, "voice": voice, "out": str(file)}) + "\n"
            for file, (voice, text) in zip(files, sentences, strict=True)
        )
        command = [sys.executable, "-m", "appliance.callcenter.prompts.speech_worker", "--directory", SPEECH]
        subprocess.run(command, input=jobs, text=True, stdout=subprocess.DEVNULL, timeout=180, check=True)
        sounds = [_with_pauses(read_wav(file)[0][0]) for file in files]
    return sounds[:-1], sounds[-1]


def _with_pauses(sentence: Samples) -> Samples:
    """Say it, listen, say it again, for as long as any call lasts: a telephone hangs up when its sound ends."""
    once = np.concatenate([sentence, silence(LISTEN_SECONDS)])
    return np.tile(once, math.ceil(LONGEST_CALL_SECONDS * RATE / len(once)))


async def _play(stage: Stage, stop: threading.Event) -> None:
    parts = [_keep(lambda number=number: _caller(stage, number)) for number in range(CALLERS)]  # type: ignore[misc]
    parts += [
        _keep(lambda login=login, line=line: _agent(stage, login, line))  # type: ignore[misc]
        for line, login in enumerate(DESK_AGENTS)
    ]
    tasks = [asyncio.create_task(part) for part in parts]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(part: Callable[[], Awaitable[None]]) -> None:
    """Run `part` again and again; trouble (a box being restarted by its visitor) only makes it wait."""
    while True:
        try:
            await part()
        except Exception as error:  # noqa: BLE001 - whatever it was, the show goes on
            print(f"demonstration: {error!r}", flush=True)
            await asyncio.sleep(5)


# -- callers -----------------------------------------------------------------------------------------


async def _caller(stage: Stage, line: int) -> None:
    """One call from a patient's number, then a pause."""
    await asyncio.sleep(random.uniform(*PAUSE_SECONDS) * (0.1 + 0.2 * line))
    number = random.choice([*stage.texts("patients"), f"139{random.randrange(10**8):08}"])
    says = random.choice(stage.callers)
    async with Phone(stage.carrier, number, stage.address, says=says, line=line) as phone:
        await phone.dial(random.choice(stage.texts("numbers")))
        await phone.talks(10)
        await asyncio.sleep(random.uniform(9, 15))
        with contextlib.suppress(TooLateError):
            await phone.press(random.choice(ROUTES))
            await phone.ended(random.choice([8, 40, 60, 90]))
            return
        await phone.hang_up()
        await phone.ended()


# -- agents ------------------------------------------------------------------------------------------


async def _agent(stage: Stage, login: str, line: int) -> None:
    """An agent at her desk: answers, talks, hangs up, writes the form."""
    number = DESK_AGENTS[login]
    secrets = stage.demo["extensions"]
    assert isinstance(secrets, dict)
    token = await _log_in(stage.address, login, str(stage.demo["password"]))
    phone = Phone(stage.phones, number, stage.address, secret=secrets[number], says=stage.agent, line=line)
    async with phone, DeskClient(stage.address, token) as desk:
        if desk.me["state"] == "signed_out":
            await desk.verb("sign_in", phone="sip")
        while desk.closed_with is None:
            await _work(desk, phone)


async def _work(desk: DeskClient, phone: Phone) -> None:
    """Do what the agent's present state asks for, once."""
    state = desk.me["state"]
    if desk.me["wrap_up"] is not None and state in {"wrap_up", "busy"}:
        await asyncio.sleep(random.uniform(4, 12))
        business_type, outcome, notes = random.choice(FORMS)
        await desk.verb("wrap_up", business_type=business_type, outcome=outcome, notes=notes)
    elif state == "busy" and desk.me["cause"] != "phone":
        await desk.verb("ready")
    elif state == "ringing":
        await asyncio.sleep(random.uniform(1.5, 4))
        if desk.me["state"] == "ringing":
            await phone.answer()
            await phone.talks()
    elif state == "talking":
        await asyncio.sleep(random.uniform(8, 30))
        if desk.me["state"] == "talking":
            await desk.verb("hang_up")
    await asyncio.sleep(0.5)


async def _log_in(address: str, login: str, password: str) -> str:
    """The session's cookie, got the way a browser gets it."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connector = aiohttp.TCPConnector(ssl=trusting)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"https://{address}/login") as page:
            found = re.search(r'name="_xsrf" value="([^"]+)"', await page.text())
        fields = {"login": login, "password": password, "_xsrf": found[1] if found else ""}
        async with session.post(f"https://{address}/login", data=fields, allow_redirects=False) as answer:
            cookie = answer.cookies.get(COOKIE)
    if cookie is None:
        raise TooLateError(f"{login} cannot log in")
    return cookie.value
