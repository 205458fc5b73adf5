"""The demonstration hospital: people, telephones, queues, a flow, patients and three weeks of calls."""

import asyncio
import hashlib
import ipaddress
import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock, db
from appliance.callcenter.extensions.service import digest_ha1, new_secret
from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.ivr import flow_store
from appliance.callcenter.ivr.model import Collect, Condition, Flow, HangUp, Hours, Menu, Play, Queue
from appliance.callcenter.patients import store as patient_store
from appliance.callcenter.people import audit, sign_in_store
from appliance.callcenter.people.model import Author
from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.tables import AgentRow, QueueAgentRow, UserRow
from appliance.callcenter.prompts.audio import wav_layout
from appliance.callcenter.prompts.speech import cached
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.prompts.voices import CHINESE_VOICE
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.settings.model import Settings
from appliance.callcenter.trunks.tables import DidRow, TrunkRow
from appliance.config import Config
from provisioning import demo_desk, demo_history, demo_patients
from provisioning.demo_prompts import DEMO_PROMPTS, HOSPITAL

SEED = 20260101
CARRIER_HOST = 21
"""The last part of the address from which the demonstration's callers come, in the box's own network."""

MAIN_NUMBER = "85550000"
FILE = "demo.json"

PEOPLE = (
    ("admin", "周管理", "administrator"),
    ("manager", "林班长", "manager"),
    ("agent1", "王丽", "agent"),
    ("agent2", "李静", "agent"),
    ("agent3", "张敏", "agent"),
    ("agent4", "刘洋", "agent"),
    ("agent5", "陈晨", "agent"),
    ("agent6", "杨帆", "agent"),
    ("cardiology", "赵护士", "department"),
)
WEB_AGENTS = 3
"""The first agents work in the browser, the others on desk phones."""

QUEUES = (
    ("人工服务", "7000", (1, 2, 3, 4, 5, 6)),
    ("预约挂号", "7001", (1, 2, 4, 5)),
    ("健康咨询", "7002", (2, 3, 5, 6)),
)
DIDS = ((MAIN_NUMBER, "总机"), ("85550100", "预约专线"), ("85550200", "咨询专线"))


class NotEmptyError(Exception):
    """The demonstration is loaded into an empty database only."""


@dataclass(frozen=True)
class Loaded:
    """What the demonstration needs to know afterwards; also written to `<state>/demo.json`, readable by root."""

    password: str
    logins: tuple[str, ...]
    extensions: dict[str, str]
    """Secret by number."""
    carrier: str
    numbers: tuple[str, ...]
    patients: tuple[str, ...]
    """Telephone numbers of patients, to call from."""

    def lines(self) -> list[str]:
        """For people."""
        shown = " ".join(self.logins)
        return [f"log-ins 用户: {shown}", f"password 密码: {self.password}", f"number 总机: {self.numbers[0]}"]


def demo_flow() -> Flow:
    """VIPs first, a greeting that any key cuts short, a menu by keys; 0 reaches a person everywhere."""
    every_day = [Hours([1, 2, 3, 4, 5, 6, 7], "00:00", "24:00")]
    return Flow(
        name="总机流程",
        start="hours",
        operator="operator",
        nodes={
            "hours": Condition("服务时间", yes="vip", no="closed", hours=every_day),
            "vip": Condition("VIP 客户", yes="vip-greeting", no="menu", vip=True),
            "vip-greeting": Play("VIP 欢迎词", ["欢迎词"], next="vip-queue"),
            "vip-queue": Queue("VIP 优先接入", "7000", priority=10),
            "menu": Menu(
                "主菜单",
                ["欢迎词", "主菜单"],
                {"1": "registration", "2": "advice", "3": "complaints", "4": "follow-up", "0": "operator"},
                fallback="operator",
            ),
            "registration": Play("转接挂号处", ["挂号处"], next="registration-queue"),
            "registration-queue": Queue("预约挂号队列", "7001"),
            "advice": Play("转接健康咨询", ["健康咨询"], next="advice-queue"),
            "advice-queue": Queue("健康咨询队列", "7002"),
            "complaints": Play("转接投诉建议", ["投诉建议"], next="operator"),
            "follow-up": Collect(
                "输入住院号",
                ["住院随访"],
                variable="admission_number",
                next="operator",
                max_digits=10,
                fallback="operator",
            ),
            "operator": Queue("人工服务", "7000"),
            "closed": Menu("下班菜单", ["下班提示"], {"1": "operator", "0": "operator"}, fallback="bye", tries=2),
            "bye": HangUp("再见", ["system:goodbye"]),
        },
    )


def carrier_address() -> str:
    """The callers' address in the box's first network; a documentation address where there is no network."""
    answer = subprocess.run(["ip", "-json", "-4", "address"], capture_output=True, check=True, timeout=5)
    for link in json.loads(answer.stdout or b"[]"):
        for address in link["addr_info"]:
            if link["ifname"] != "lo":
                network = ipaddress.IPv4Network(f"{address['local']}/{address['prefixlen']}", strict=False)
                return str(network.network_address + CARRIER_HOST)
    return "192.0.2.21"


async def load(config: Config) -> Loaded:
    """Fill the empty database. Raises NotEmptyError."""
    engine = db.open_engine(config.database.url)
    passwords = Passwords()
    try:
        return await _load(config, db.sessions(engine), passwords)
    finally:
        passwords.close()
        await engine.dispose()


async def _load(config: Config, sessions: db.Sessions, passwords: Passwords) -> Loaded:
    password = f"demo-{secrets.token_hex(4)}"
    password_hash = await passwords.hash(password)
    random = Random(SEED)
    loop = asyncio.get_running_loop()
    carrier = await loop.run_in_executor(None, carrier_address)
    prompts = await loop.run_in_executor(None, _prompts, config)
    async with sessions() as session, session.begin():
        if await sign_in_store.any_user(session):
            raise NotEmptyError("there are users already")
        await settings_store.save(session, Settings(hospital_name=HOSPITAL))
        extensions = await _telephones(session)
        agents = await _people(session, password_hash)
        session.add_all(prompts)
        await session.flush()
        queues = await _queues(session, agents)
        await _numbers(session, carrier, queues)
        people = await _patients(session, random)
        await _history(session, random, queues, agents, people)
        await demo_desk.load(session, people)
        audit.note(session, Author(None, "demo"), "create", "settings", "", "demonstration data")
        await settings_store.bump_revision(session)
    loaded = Loaded(
        password=password,
        logins=tuple(login for login, _, _ in PEOPLE),
        extensions=extensions,
        carrier=carrier,
        numbers=tuple(number for number, _ in DIDS),
        patients=tuple(person.telephone for person in people),
    )
    await loop.run_in_executor(None, _keep, config, loaded)
    return loaded


def _keep(config: Config, loaded: Loaded) -> None:
    file = Path(config.paths.state) / FILE
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as target:
        target.write(msgspec.json.encode(loaded))


async def _telephones(session: AsyncSession) -> dict[str, str]:
    made = {str(8001 + index): new_secret() for index in range(6)}
    for index, (number, secret) in enumerate(made.items()):
        session.add(
            ExtensionRow(
                number=number,
                name=f"坐席 {index + 1}",
                digest_ha1=digest_ha1(number, secret),
                outside_calls=True,
                emergency=index >= 4,
                created_at=clock.now_ms(),
            )
        )
    await session.flush()
    return made


async def _people(session: AsyncSession, password_hash: str) -> list[int]:
    """Users and agents; the agents' ids in order."""
    agents: list[int] = []
    for login, name, role in PEOPLE:
        user = UserRow(login=login, name=name, role=role, password_hash=password_hash, created_at=clock.now_ms())
        session.add(user)
        await session.flush()
        if role == "agent":
            place = len(agents)
            agent = AgentRow(
                user_id=user.id,
                number=str(1001 + place),
                extension_id=place + 1,
                phone="web" if place < WEB_AGENTS else "sip",
            )
            session.add(agent)
            await session.flush()
            agents.append(agent.id)
    return agents


def _prompts(config: Config) -> list[PromptRow]:
    """Spoken already where the image has them; the others are spoken by the admin program."""
    folder = Path(config.paths.prompts)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for prompt in DEMO_PROMPTS:
        row = PromptRow(
            name=prompt.name, text=prompt.text, voice=CHINESE_VOICE, updated_at=clock.now_ms(), status="pending"
        )
        spoken = cached(Path(config.paths.speech), prompt.text, CHINESE_VOICE)
        if spoken is not None:
            layout = wav_layout(spoken)
            row.file = f"{hashlib.sha256(spoken.read_bytes()).hexdigest()}.wav"
            row.milliseconds = round(layout.frames * 1000 / layout.rate)
            row.status = "ready"
            shutil.copyfile(spoken, folder / row.file)
        rows.append(row)
    return rows


async def _queues(session: AsyncSession, agents: list[int]) -> dict[str, int]:
    made = {}
    for name, number, members in QUEUES:
        queue = QueueRow(name=name, number=number, ring_seconds=15, wrap_up_seconds=20)
        session.add(queue)
        await session.flush()
        made[number] = queue.id
        session.add_all(QueueAgentRow(queue_id=queue.id, agent_id=agents[member - 1]) for member in members)
    return made


async def _numbers(session: AsyncSession, carrier: str, queues: dict[str, int]) -> None:
    flow = demo_flow()
    flow_id = await flow_store.publish(session, flow, note="演示流程", by="demo")
    trunk = TrunkRow(name="carrier", host=carrier, caller_number=MAIN_NUMBER, max_calls=60)
    session.add(trunk)
    await session.flush()
    targets = (("flow", flow_id), ("queue", queues["7001"]), ("queue", queues["7002"]))
    for (number, name), (kind, target) in zip(DIDS, targets, strict=True):
        session.add(DidRow(number=number, name=name, trunk_id=trunk.id, target_kind=kind, target_id=target))
    await session.flush()


async def _patients(session: AsyncSession, random: Random) -> list[demo_history.Person]:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    people = []
    for draft in demo_patients.patients(random, today):
        patient_id = await patient_store.insert(session, draft)
        people.append(demo_history.Person(patient_id, draft.phones[0].number, draft.vip))
    return people


async def _history(
    session: AsyncSession,
    random: Random,
    queues: dict[str, int],
    agents: list[int],
    people: list[demo_history.Person],
) -> None:
    zone = ZoneInfo(Settings().time_zone)
    desk = demo_history.Desk(
        queues={"1": queues["7001"], "2": queues["7002"], "0": queues["7000"]},
        staff=[demo_history.Staff(agent, str(8001 + index)) for index, agent in enumerate(agents)],
        people=people,
        number=MAIN_NUMBER,
        trunk="carrier",
    )
    session.add_all(demo_history.history(desk, random, datetime.now(zone).date(), zone))
    await session.flush()
