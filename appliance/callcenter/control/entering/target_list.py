"""Whom a call can be given to, for the picker on the screen: how they are found, and what they are doing."""

import contextlib
from typing import Any

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.control.endpoints import agent_at
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.patients.pinyin import pinyin, pinyin_initials
from appliance.pbx.ari import AriError

type Found = dict[str, Any]


async def listed(floor: Floor) -> list[Found]:
    """Agents, queues, and extensions at which no agent is signed in now."""
    known = floor.directory
    signed_in = {agent.id for agent in floor.acd.agents.values() if agent.state is not AgentState.SIGNED_OUT}
    agents = [_found("agent", entry.number, entry.name, agent=key) for key, entry in known.agents.items()]
    queues = [_found("queue", entry.number, entry.name, queue=key) for key, entry in known.queues.items()]
    present = await _telephones(floor)
    extensions = [
        _found("extension", number, _owner(floor, number) or row.name, state=present.get(number, "offline"))
        for number, row in known.extensions.items()
        if agent_at(floor, number) not in signed_in
    ]
    return [*agents, *queues, *extensions]


def _found(kind: str, number: str, name: str, **more: str | int) -> Found:
    return {
        "kind": kind,
        "number": number,
        "name": name,
        "pinyin": pinyin(name),
        "initials": pinyin_initials(name),
        **more,
    }


def _owner(floor: Floor, number: str) -> str:
    entry = floor.directory.agents.get(agent_at(floor, number) or 0)
    return entry.name if entry is not None else ""


async def _telephones(floor: Floor) -> dict[str, str]:
    """Extension number → online, busy or offline; nothing when Asterisk is away."""
    with contextlib.suppress(AriError):
        known = await floor.ari.endpoints()
        return {one.resource: _state(one.state, one.channel_ids) for one in known}
    return {}


def _state(state: str, channels: list[str]) -> str:
    if state != "online":
        return "offline"
    return "busy" if channels else "online"
