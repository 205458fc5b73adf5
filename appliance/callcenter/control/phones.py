"""Agents' phones: browser accounts pushed into Asterisk, and which phones can be reached."""

import asyncio
import logging
from functools import partial

from appliance import clock
from appliance.callcenter.acd.events import PhoneChanged
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.control.endpoints import OUTSIDE, endpoint_of
from appliance.callcenter.control.floor import Change, Floor
from appliance.pbx import web_phone
from appliance.pbx.ari import AriError, AriGoneError
from appliance.pbx.ari_model import DeviceState

log = logging.getLogger(__name__)

LOOK_MS, LOOKS = 700, 40
ANSWER_MS, ANSWER_PAUSE_SECONDS = 600, 0.05
"""How long desk phones are given to answer before their agents count as without a telephone."""


def account(floor: Floor, agent: Agent) -> Change | None:
    """The browser phone's account, for the owning tab's eyes only."""
    if agent.phone != "web" or agent.state is AgentState.SIGNED_OUT or not agent.sign_in:
        return None
    return {
        "user": web_phone.endpoint_name(agent.id),
        "secret": floor.phone_key.secret(agent),
        "domain": "hcc",
    }


async def equip(floor: Floor, agent: Agent) -> None:
    """Make the agent's phone usable and watched. Raises AriError."""
    if agent.phone == "web":
        await web_phone.push(floor.ari, web_phone.endpoint_name(agent.id), floor.phone_key.secret(agent))
    floor.reachable.pop(endpoint_of(floor, agent.id), None)
    await refresh(floor, agent.id)
    if agent.phone == "web":
        _look_again(floor, agent.id, LOOKS)


def _look_again(floor: Floor, agent: int, left: int) -> None:
    """A browser registers a moment later. Of an account that was there before, Asterisk may not tell it."""

    def look() -> None:
        known = floor.acd.agents.get(agent)
        if left and known is not None and known.state is not AgentState.SIGNED_OUT and not known.phone_online:
            floor.commands.add("phones", partial(refresh, floor, agent))
            _look_again(floor, agent, left - 1)

    floor.set_timer("phone", str(agent), clock.now_ms() + LOOK_MS, look)


async def refresh(floor: Floor, agent: int) -> None:
    """Ask Asterisk whether the agent's phone is there."""
    endpoint = endpoint_of(floor, agent)
    if floor.agent(agent).phone == OUTSIDE:
        floor.distribute(PhoneChanged(clock.now_ms(), agent, online=True))
        return
    if not endpoint:
        floor.distribute(PhoneChanged(clock.now_ms(), agent, online=False))
        return
    try:
        await floor.ari.watch_phone(endpoint)
        known = await floor.ari.endpoint(endpoint)
    except AriGoneError:
        online = False
    else:
        online = known.state == "online"
    floor.distribute(PhoneChanged(clock.now_ms(), agent, online))


async def equip_all(floor: Floor) -> None:
    """After Asterisk came back: every signed-in agent's phone, and browser phones of managers."""
    await _ask_registered(floor)
    for agent in list(floor.acd.agents.values()):
        if agent.state is not AgentState.SIGNED_OUT:
            try:
                await equip(floor, agent)
            except AriError as error:
                log.warning("phone of agent %s: %s", agent.id, error)
    for user, secret in list(floor.office.phones.items()):
        try:
            await web_phone.push(floor.ari, web_phone.manager_endpoint(user), secret)
        except AriError as error:
            log.warning("browser phone of user %s: %s", user, error)


async def _ask_registered(floor: Floor) -> None:
    """Have Asterisk ask desk phones whose registration it found at its start: by itself it would take half a minute."""
    signed_in = [agent for agent in floor.acd.agents.values() if agent.state is not AgentState.SIGNED_OUT]
    asked = {endpoint for agent in signed_in if agent.phone == "sip" and (endpoint := endpoint_of(floor, agent.id))}
    try:
        states = {one.resource: one.state for one in await floor.ari.endpoints()} if asked else {}
        missing = {endpoint for endpoint in asked if states.get(endpoint) == "offline"}
        for endpoint in missing:
            await floor.console.say("pjsip", "qualify", endpoint)
        until = clock.now_ms() + ANSWER_MS
        while missing and clock.now_ms() < until:
            await asyncio.sleep(ANSWER_PAUSE_SECONDS)
            missing -= {one.resource for one in await floor.ari.endpoints() if one.state == "online"}
    except (AriError, OSError, TimeoutError) as error:
        log.info("telephones not asked: %r", error)


def changed(floor: Floor, device: DeviceState) -> None:
    """Asterisk told of a telephone: of calls too, but only whether it is there counts. During a call it cannot tell."""
    endpoint = device.name.removeprefix("PJSIP/")
    if floor.reachable.get(endpoint) == device.reachable:
        return
    floor.reachable[endpoint] = device.reachable
    for agent in agents_at(floor, endpoint):
        floor.commands.add("phones", partial(refresh, floor, agent))


def agents_at(floor: Floor, endpoint: str) -> list[int]:
    """Signed-in agents whose phone is `endpoint`."""
    return [
        agent.id
        for agent in floor.acd.agents.values()
        if agent.state is not AgentState.SIGNED_OUT and endpoint_of(floor, agent.id) == endpoint
    ]
