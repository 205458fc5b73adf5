"""Our side of the comparison: a booted box whose agents are sipp telephones."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.box import Box, Bridge
from tests.center import LOAD_DID, PYTHON, QUEUE_DID, Center, Plan, specification
from tests.desk_client import DeskClient
from tests.sip.network import Host
from tests.sip.sipp import register
from tests.sip.waiting import until

AGENTS = 80
QUEUE = 4
"""The queue behind key 2 of the flow (see tests/center.py)."""

FLOW_NUMBER, QUEUE_NUMBER = LOAD_DID, QUEUE_DID


def _specification(plan: Plan) -> dict[str, Any]:
    spec = specification(plan)
    spec["agents"] = AGENTS
    spec["no_outside"] = 0
    for queue in spec["queues"]:
        if queue["number"] in {"7001", "7003"}:
            queue["members"] = list(range(1, AGENTS + 1))
            queue["wrap_up_seconds"] = 0
            queue["announce_seconds"] = 0
    nodes = {
        "greeting": {"kind": "play", "label": "转接", "prompts": ["system:transferring"], "next": "load"},
        "load": {"kind": "queue", "label": "健康咨询", "queue": "7003"},
    }
    spec["flows"]["main"] = {"start": "greeting", "operator": "load", "nodes": nodes}
    return spec


class OurBox:
    """The box, seeded; `agents` are signed in and ready on telephones at `phones`."""

    def __init__(self, box: Box, plan: Plan) -> None:
        self.box = box
        self.plan = plan
        self.center = Center(box, plan)

    def seed(self) -> None:
        script = (Path(__file__).parents[1] / "tests" / "seeding.py").read_text()
        self.box.run(PYTHON, "-", json.dumps(_specification(self.plan)), user="hcc", stdin=script)

    async def register(self, phones: Host) -> None:
        """All telephones, for ten minutes."""
        accounts = {str(8000 + number): f"secret-{8000 + number}" for number in range(1, AGENTS + 1)}
        await register(phones, self.plan.box, accounts)

    async def staff(self, phones: Host, desks: int = 0) -> list[DeskClient]:
        """Register the telephones and make all agents ready; returns `desks` sockets that stay open."""
        await self.register(phones)
        stay: list[DeskClient] = []
        for number in range(1, AGENTS + 1):
            desk = self.center.desk(f"agent{number}")
            await desk.connect()
            await desk.verb("sign_in", phone="sip")
            await desk.verb("ready")
            if len(stay) < desks:
                stay.append(desk)
            else:
                await desk.disconnect()
        return stay


@contextlib.asynccontextmanager
async def our_box(bridge: Bridge, plan: Plan) -> AsyncIterator[OurBox]:
    """Boot a box and fill it."""
    with Box("bench", plan.box, bridge) as box:
        box.boot()
        await asyncio.to_thread(box.wait_running)
        ours = OurBox(box, plan)
        ours.seed()
        await until(lambda: str(8000 + AGENTS) in ours.center.asterisk("pjsip show endpoints"), 20, "telephones known")
        yield ours
