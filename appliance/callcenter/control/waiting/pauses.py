"""Pauses on the floor: how long an agent may stay away, and what follows when an agent's state changes."""

from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.control import counts
from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.reasons import rules, store
from appliance.clock import Millis
from appliance.pbx import web_phone


def _midnight(floor: Floor) -> Millis:
    now = datetime.now(floor.directory.zone)
    return clock.from_datetime(now.replace(hour=0, minute=0, second=0, microsecond=0))


async def load(session: AsyncSession, floor: Floor) -> None:
    """Read what was paused today."""
    midnight = _midnight(floor)
    floor.pauses.start(midnight, await store.pauses_since(session, midnight))


def limit_at(floor: Floor, agent: Agent) -> Millis | None:
    """When the agent's present pause exceeds its limit; None when she is not busy or may stay away."""
    if agent.state is not AgentState.BUSY:
        return None
    if floor.pauses.over(clock.now_ms()):
        floor.pauses.start(_midnight(floor))
    reason = floor.directory.pause_reasons.get(agent.cause)
    return rules.limit_at(reason, agent.since, floor.pauses.used(agent.id, agent.cause))


def documents(floor: Floor) -> list[Change]:
    """The reasons for the screens: those to choose from, and old ones that may still be shown."""
    return [
        {
            "code": reason.code,
            "zh_CN": reason.name_zh,
            "en": reason.name_en or reason.name_zh,
            "tone": reason.tone,
            "kind": reason.kind,
            "limit_minutes": reason.limit_minutes,
            "day_limit_minutes": reason.day_limit_minutes,
            "active": reason.active,
        }
        for reason in floor.directory.pause_reasons.values()
    ]


def agent_changed(floor: Floor, old: Agent, new: Agent) -> None:
    """Count a pause that ended, and take the browser phone's account away from who signed out, by whatever way."""
    counts.agent_changed(floor, old, new)
    if old.state is AgentState.BUSY and (new.state, new.cause, new.since) != (old.state, old.cause, old.since):
        floor.pauses.add(rules.Stretch(new.id, old.cause, old.since, new.since))
    if new.state is AgentState.SIGNED_OUT and old.state is not AgentState.SIGNED_OUT:
        floor.tabs.pop(new.id, None)
        if old.phone == "web":
            floor.commands.add("phones", partial(web_phone.remove, floor.ari, web_phone.endpoint_name(new.id)))
