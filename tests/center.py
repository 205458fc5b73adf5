"""A booted box with a small call centre in it, and how tests look into it."""

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.box import Box
from tests.desk_client import DeskClient
from tests.sip.waiting import limit, until

PYTHON = "/opt/hcc/venv/bin/python"
TOKEN = "a-session-of-the-tests"
"""Of a database that lives for one test run."""

AGENTS = 24
SPARE, NO_OUTSIDE, DUTY = 8025, 8026, 8027
"""Extensions of nobody; the second may not call outside, the third rings when call control is away."""

OPERATOR, BOOKING, NOBODY, LOAD, HASTY, PLAIN, TOGETHER, SENDING_ON = range(1, 9)
"""Queues."""

MENU_DID, QUEUE_DID, EXTENSION_DID, NOBODY_DID, HASTY_DID, CLOSED_DID, LOAD_DID, DIGITS_DID = (
    f"8555000{number}" for number in range(8)
)
PLAIN_DID = "85550020"
"""Straight into a queue with many agents and no forms."""
TOGETHER_DID, SENDING_ON_DID = "85550008", "85550009"
UNKNOWN_DID = "85559999"

ONE_PATIENT, TWO_PATIENTS, VIP_PATIENT, STRANGER = (f"1380000000{number}" for number in range(1, 5))


@dataclass(frozen=True, slots=True)
class Plan:
    """Addresses of what stands around the box."""

    box: str = "10.97.0.10"
    carrier: str = "10.97.0.21"
    mass_callers: str = "10.97.0.22"


def _queue(name: str, number: str, members: range | list[int], **rules: int | str) -> dict[str, Any]:
    return {"name": name, "number": number, "members": list(members), **rules}


def _steps(*steps: tuple[dict[str, Any], dict[str, Any]]) -> str:
    return json.dumps([{"when": when, "do": do} for when, do in steps])


def _menu_flow(start: str, open_days: list[int]) -> dict[str, Any]:
    return {
        "start": start,
        "operator": "operator",
        "nodes": {
            "open": {
                "kind": "condition",
                "label": "上班时间",
                "yes": "greeting",
                "no": "closed",
                "hours": [{"days": open_days, "start": "00:00", "end": "24:00"}],
            },
            "greeting": {"kind": "play", "label": "欢迎词", "prompts": ["greeting"], "next": "menu"},
            "menu": {
                "kind": "menu",
                "label": "主菜单",
                "prompts": ["main-menu"],
                "choices": {"1": "booking", "2": "load", "3": "bye"},
                "timeout_seconds": 2,
                "tries": 2,
            },
            "card": {
                "kind": "collect",
                "label": "住院号",
                "prompts": ["follow-up"],
                "variable": "card",
                "next": "booking",
                "min_digits": 4,
                "max_digits": 8,
            },
            "booking": {"kind": "queue", "label": "预约挂号", "queue": "7001"},
            "load": {"kind": "queue", "label": "健康咨询", "queue": "7003"},
            "operator": {"kind": "queue", "label": "人工服务", "queue": "7000"},
            "closed": {"kind": "hangup", "label": "下班", "prompts": ["after-hours"]},
            "bye": {"kind": "hangup", "label": "再见", "prompts": ["system:goodbye"]},
        },
    }


def specification(plan: Plan) -> dict[str, Any]:
    """What `seeding.py` writes."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).isoweekday()
    other_day = (today + 2) % 7 + 1
    rules: dict[str, Any] = {"ring_seconds": 6, "wrap_up_seconds": 20, "announce_seconds": 20}
    sending_on = _steps(
        ({"kind": "after", "seconds": 1}, {"kind": "announce", "prompt": 1}),
        ({"kind": "after", "seconds": 4}, {"kind": "queue", "queue": BOOKING}),
    )
    hasty = _steps(({"kind": "after", "seconds": 4}, {"kind": "message"}))
    return {
        "token": TOKEN,
        "agents": AGENTS,
        "spare_extensions": 3,
        "no_outside": NO_OUTSIDE - 8000,
        "emergency": [DUTY - 8000],
        "remote": [3, 4],
        "queues": [
            _queue("人工服务", "7000", range(1, 5), **rules),
            _queue("预约挂号", "7001", range(1, 3), **rules),
            _queue("无人", "7002", [], **rules),
            _queue("健康咨询", "7003", range(5, AGENTS + 1), **rules | {"announce_seconds": 0}),
            _queue("急", "7004", [3], ring_seconds=3, wrap_up_seconds=5, announce_seconds=0, steps=hasty),
            _queue("快", "7005", range(5, AGENTS + 1), **rules | {"announce_seconds": 0, "wrap_up_seconds": 0}),
            _queue("会诊", "7006", range(1, 4), **rules, strategy="ring_all"),
            _queue(
                "先问后转",
                "7007",
                [4],
                **rules | {"announce_seconds": 0},
                steps=sending_on,
                announce_agent=True,
                rating=True,
            ),
        ],
        "flows": {
            "main": _menu_flow("open", [1, 2, 3, 4, 5, 6, 7]),
            "closed": _menu_flow("open", [other_day]),
            "digits": _menu_flow("card", [other_day]),
        },
        "trunks": {"carrier": plan.carrier, "mass": plan.mass_callers},
        "dids": [
            (MENU_DID, "flow", 1),
            (QUEUE_DID, "queue", BOOKING),
            (EXTENSION_DID, "extension", SPARE - 8000),
            (NOBODY_DID, "queue", NOBODY),
            (HASTY_DID, "queue", HASTY),
            (CLOSED_DID, "flow", 2),
            (LOAD_DID, "flow", 1),
            (DIGITS_DID, "flow", 3),
            (PLAIN_DID, "queue", PLAIN),
            (TOGETHER_DID, "queue", TOGETHER),
            (SENDING_ON_DID, "queue", SENDING_ON),
        ],
        "patients": [
            ("张三", ONE_PATIENT, False),
            ("李四", TWO_PATIENTS, False),
            ("李小四", TWO_PATIENTS, False),
            ("王五", VIP_PATIENT, True),
        ],
    }


class Center:
    """The box under test."""

    def __init__(self, box: Box, plan: Plan, *, postgresql: bool = False) -> None:
        self.box, self.plan, self.postgresql = box, plan, postgresql
        self.began_ms = 0
        """Records of earlier tests do not count."""

    def seed(self) -> None:
        """Fill the empty database; returns when call control and Asterisk know it."""
        script = (Path(__file__).parent / "seeding.py").read_text()
        self.box.run(PYTHON, "-", json.dumps(specification(self.plan)), user="hcc", stdin=script)

    async def ready(self, seconds: float = 15.0) -> None:
        """Until Asterisk knows the last telephone and the trunks' addresses, and call control is connected."""
        await until(lambda: str(DUTY) in self.asterisk("pjsip show endpoints"), seconds, "telephones are known")
        known = "pjsip show identifies"
        await until(lambda: self.plan.mass_callers in self.asterisk(known), seconds, "trunks are known")
        async with self.desk("manager", page="board") as board:
            await until(lambda: board.pbx, seconds, "call control is connected to Asterisk")

    def desk(self, login: str, page: str = "desktop") -> DeskClient:
        return DeskClient(self.box.address, f"{TOKEN}-{login}", page)

    def asterisk(self, command: str) -> str:
        return self.box.run("asterisk", "-rx", command, timeout=10)

    async def trunk_is_up(self, seconds: float = 40.0) -> None:
        """Until Asterisk knows that the carrier answers: it asks every 30 s."""
        await until(
            lambda: re.search(r"trunk-carrier/\S+ +\S+ +Avail", self.asterisk("pjsip show contacts")),
            seconds,
            "the carrier answers",
        )

    def channels(self) -> int:
        found = re.search(r"(\d+) active channels?", self.asterisk("core show channels count"))
        return int(found[1]) if found else -1

    def bridges(self) -> int:
        lines = [line for line in self.asterisk("bridge show all").splitlines() if re.match(r"[0-9a-z-]{16,}", line)]
        return len(lines)

    def query(self, statement: str, parameters: Mapping[str, str | int] | None = None) -> list[dict[str, Any]]:
        """Rows of the box's database. Parameters are written `:name` (numbers and plain words only)."""
        for name, value in (parameters or {}).items():
            word = str(value)
            assert re.fullmatch(r"[\w -]*", word), word
            statement = re.sub(rf":{name}\b", word if isinstance(value, int) else f"'{word}'", statement)
        if self.postgresql:
            wrapped = f"SELECT coalesce(json_agg(t), '[]') FROM ({statement}) t"
            rows: list[dict[str, Any]] = json.loads(self.box.run("psql", "-qAtX", "hcc", "-c", wrapped, user="hcc"))
            return rows
        path = self.box.path("/var/lib/hcc/hcc.db")
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement)]
        finally:
            connection.close()

    async def stored(self, call: str, phase: str, *, node: str = "", seconds: float = 3.0) -> None:
        """Until the live state on disk says that `call` is in `phase` (at `node` of its flow).

        What is younger than a batch of the journal may be lost when call control is killed.
        """

        def known() -> bool:
            rows = self.query("SELECT document FROM live_call WHERE id = :key", {"key": call})
            document = json.loads(rows[0]["document"]) if rows else {}
            return document.get("phase") == phase and (not node or document["run"]["node"] == node)

        await until(known, seconds, f"{call} is stored as {phase}")

    def live(self) -> list[str]:
        """The stored calls, and the agents who signed in once."""
        tables = ("live_call", "live_agent")
        rows = [row["document"] for table in tables for row in self.query(f"SELECT document FROM {table}")]
        return [document for document in rows if '"state":"signed_out"' not in document]

    def begin(self) -> None:
        """Records of earlier tests do not count any more."""
        self.began_ms = time.time_ns() // 1_000_000

    def interactions(self, caller: str) -> list[dict[str, Any]]:
        """Records of the calls that `caller` began since the test began."""
        return self.query(
            "SELECT * FROM interaction WHERE caller = :caller AND started_at >= :since ORDER BY id",
            {"caller": caller, "since": self.began_ms},
        )

    async def interaction(self, caller: str, seconds: float = 5.0) -> dict[str, Any]:
        """The stored record of the one call of `caller`."""
        rows = await until(lambda: self.interactions(caller), seconds, f"record of {caller}")
        assert len(rows) == 1, rows
        return rows[0]

    def segments(self, interaction: str) -> list[str]:
        rows = self.query(
            "SELECT kind FROM segment WHERE interaction_id = :key ORDER BY started_at, id", {"key": interaction}
        )
        return [row["kind"] for row in rows]

    async def recording(self, interaction: str, seconds: float = 15.0) -> Path:
        """The stereo file of a finished call."""

        def ready() -> list[dict[str, Any]]:
            return self.query(
                "SELECT file FROM recording WHERE interaction_id = :key AND status = 'ready'", {"key": interaction}
            )

        rows = await until(ready, seconds, f"recording of {interaction}")
        return self.box.path("/var/lib/hcc/recordings") / rows[0]["file"]

    async def nothing_left(self, seconds: float = 8.0) -> None:
        """No channel, bridge, live call or busy agent remains."""

        def left() -> list[str]:
            live = self.query("SELECT id FROM live_call")
            states = ("reserved", "ringing", "talking", "holding")
            documents = [json.loads(row["document"]) for row in self.query("SELECT document FROM live_agent")]
            stuck = [f"agent {agent['id']} {agent['state']}" for agent in documents if agent["state"] in states]
            counts = [f"{self.channels()} channels"] * bool(self.channels())
            counts += [f"{self.bridges()} bridges"] * bool(self.bridges())
            return [*(f"live call {row['id']}" for row in live), *stuck, *counts]

        deadline = limit(seconds)
        while remains := left():
            assert time.monotonic() < deadline, remains
            await asyncio.sleep(0.2)
