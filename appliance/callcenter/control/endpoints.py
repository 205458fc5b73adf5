"""Where an agent is rung."""

from appliance.callcenter.control.floor import Floor
from appliance.pbx.web_phone import endpoint_name


def endpoint_of(floor: Floor, agent: int) -> str:
    """The PJSIP endpoint an agent is rung at; empty when she has none."""
    if floor.agent(agent).phone == "web":
        return endpoint_name(agent)
    entry = floor.directory.agents.get(agent)
    return floor.agent(agent).extension or (entry.extension if entry is not None else "")


def agent_at(floor: Floor, extension: str) -> int | None:
    """Whose telephone it is now: who signed in there, else whom it belongs to unless she is at another one."""
    for agent in floor.acd.agents.values():
        if agent.extension == extension:
            return agent.id
    owner = floor.directory.agents_by_extension.get(extension)
    return owner if owner is not None and not floor.agent(owner).extension else None
