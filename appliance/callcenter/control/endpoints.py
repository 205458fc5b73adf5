"""Where an agent is rung."""

from appliance.callcenter.control.floor import Floor
from appliance.pbx.web_phone import endpoint_name


def endpoint_of(floor: Floor, agent: int) -> str:
    """The PJSIP endpoint an agent is rung at; empty when she has none."""
    if floor.agent(agent).phone == "web":
        return endpoint_name(agent)
    entry = floor.directory.agents.get(agent)
    return entry.extension if entry is not None else ""
