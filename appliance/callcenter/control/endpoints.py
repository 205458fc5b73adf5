"""Where somebody is rung: an extension, a browser, or a number outside through a trunk."""

from dataclasses import dataclass

from appliance.callcenter.control.directory import TrunkEntry
from appliance.callcenter.control.entering import limits
from appliance.callcenter.control.floor import Floor
from appliance.pbx.numbers import EMERGENCY, for_trunk
from appliance.pbx.pjsip_config import trunk_endpoint
from appliance.pbx.web_phone import endpoint_name

OUTSIDE = "outside"
"""The telephone of an agent who works at a number outside."""

SLOW_SECONDS = 10
"""How much longer a telephone outside takes to ring at all."""


@dataclass(frozen=True, slots=True)
class Line:
    """What to dial. `caller_number` is what a trunk wants to be shown; `by_key` as in `Leg`."""

    endpoint: str
    trunk: str = ""
    caller_number: str = ""
    by_key: bool = False

    def caller_id(self, wanted: str) -> str:
        return f"<{self.caller_number}>" if self.caller_number else wanted

    def seconds(self, wanted: int) -> int:
        return wanted + SLOW_SECONDS if self.trunk else wanted


def endpoint_of(floor: Floor, agent: int) -> str:
    """The PJSIP endpoint an agent is rung at; empty when she has none here."""
    phone = floor.agent(agent).phone
    if phone == "web":
        return endpoint_name(agent)
    entry = floor.directory.agents.get(agent)
    if phone == OUTSIDE:
        return ""
    return floor.agent(agent).extension or (entry.extension if entry is not None else "")


def agent_at(floor: Floor, extension: str) -> int | None:
    """Whose telephone it is now: who signed in there, else whom it belongs to unless she is at another one."""
    if not extension:
        return None
    for agent in floor.acd.agents.values():
        if agent.extension == extension:
            return agent.id
    owner = floor.directory.agents_by_extension.get(extension)
    return owner if owner is not None and not floor.agent(owner).extension else None


def agent_behind(floor: Floor, endpoint: str) -> int | None:
    """Whose telephone a PJSIP endpoint is now: a desk phone, or an agent's browser."""
    agent = next((key for key in floor.directory.agents if endpoint_name(key) == endpoint), None)
    return agent if agent is not None else agent_at(floor, endpoint)


def agent_line(floor: Floor, agent: int) -> Line:
    """How to ring an agent. An outside telephone may be a mailbox: it must prove itself by a key."""
    known = floor.agent(agent)
    if known.phone != OUTSIDE:
        return Line(f"PJSIP/{endpoint_of(floor, agent)}")
    line = outside_line(floor, known.outside_number)
    return Line(line.endpoint, line.trunk, line.caller_number, by_key=True) if line is not None else Line("")


def outside_line(floor: Floor, number: str) -> Line | None:
    """How to ring a number outside; None when no trunk has a free line."""
    found = free_trunk(floor, [], number)
    if found is None:
        return None
    name, trunk = found
    return Line(endpoint_for(number, name, trunk), name, trunk.caller_number)


def free_trunk(floor: Floor, tried: list[str], number: str = "") -> tuple[str, TrunkEntry] | None:
    """The first active trunk, in order, that has a free line and was not tried for this call.

    Caps do not count for emergency numbers.
    """
    used: dict[str, int] = {}
    for call in floor.calls.values():
        for name in (call.trunk, *(leg.trunk for leg in call.legs())):
            used[name] = used.get(name, 0) + 1
    for name, entry in floor.directory.trunks.items():
        if (
            name not in tried
            and used.get(name, 0) < entry.max_calls
            and (number in EMERGENCY or limits.trunk_has_room(floor, name))
        ):
            return name, entry
    return None


def endpoint_for(number: str, name: str, trunk: TrunkEntry) -> str:
    """What to dial for an outside `number` through the trunk."""
    return f"PJSIP/{for_trunk(number, trunk.outbound_strip, trunk.outbound_prefix)}@{trunk_endpoint(name)}"
