"""What shift managers do besides listening: changing states, lending agents, messages; and what they see of agents."""

from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.acd.model import Agent, AgentState
from appliance.callcenter.control.directory import AgentEntry
from appliance.callcenter.control.floor import Change, Floor
from appliance.callcenter.control.supervising import supervision
from appliance.callcenter.supervision import store
from appliance.callcenter.supervision.model import Forced, StaffMessage
from appliance.errors import WrongStateError

MESSAGES_KEPT_MS = 24 * 3_600_000
MESSAGES_SHOWN = 30


class ManagerWasFirstError(WrongStateError):
    code, zh, en = (
        "manager-first",
        "班长刚刚更改了您的状态，请确认后再操作",
        "A shift manager has just changed your state; look at it and ask again",
    )


async def load(session: AsyncSession, floor: Floor) -> None:
    office = floor.office
    office.thresholds = await store.thresholds(session)
    office.moved = await store.moves(session)
    messages = await store.messages_since(session, clock.now_ms() - MESSAGES_KEPT_MS)
    office.messages = {message.id: message for message in messages}


# -- who serves which queue ------------------------------------------------------------------------


def queues_of(floor: Floor, entry: AgentEntry) -> frozenset[int]:
    """What she serves now: what a manager gave her until she signs out, else her own queues."""
    lent = floor.office.moved.get(entry.id)
    return entry.queues if lent is None else lent.intersection(floor.directory.queues)


def lend(floor: Floor, agent: int, queues: frozenset[int] | None) -> None:
    """Let the agent serve `queues` until she signs out; None = her own again."""
    if queues is None:
        if floor.office.moved.pop(agent, None) is None:
            return
    else:
        floor.office.moved[agent] = queues
    floor.journal.store(partial(store.put_move, agent=agent, queues=queues))
    floor.office.apply_members()
    floor.touch_agent(agent)


def agent_changed(floor: Floor, old: Agent, new: Agent) -> None:
    """Signing out ends what was lent, and what was on the screen."""
    if new.state is AgentState.SIGNED_OUT and old.state is not AgentState.SIGNED_OUT:
        floor.office.forced.pop(new.id, None)
        if floor.office.looking.pop(new.id, None) is not None:
            _tell_looking(floor, new.id)
        if new.id in floor.office.moved:
            # Not within the step that is just being carried out.
            floor.set_timer("lent", str(new.id), clock.now_ms(), partial(lend, floor, new.id, None))


# -- manager and agent at the same instant ---------------------------------------------------------


def forced(floor: Floor, agent: int, name: str) -> None:
    """A manager has just changed this agent's state."""
    floor.office.forced[agent] = Forced(floor.agent(agent).version, name)


def check_first(floor: Floor, agent: int, version: int | None) -> None:
    """Refuse what an agent asked before she saw what a manager did. Raises ManagerWasFirstError."""
    known = floor.office.forced.get(agent)
    if version is not None and known is not None and version < known.version:
        raise ManagerWasFirstError


# -- messages --------------------------------------------------------------------------------------


def send(floor: Floor, message: StaffMessage) -> None:
    office = floor.office
    office.messages[message.id] = message
    for key in [key for key, old in office.messages.items() if message.at - old.at > MESSAGES_KEPT_MS]:
        del office.messages[key]
    floor.journal.store(partial(store.add_message, message=message))
    for agent in message.read:
        floor.touch_agent(agent)
    floor.publish({"message": msgspec.to_builtins(message)}, [])


def mark_read(floor: Floor, message: StaffMessage, agent: int) -> None:
    now = clock.now_ms()
    message.read[agent] = now
    floor.journal.store(partial(store.note_read, message=message.id, agent=agent, at=now))
    floor.touch_agent(agent)
    floor.publish({"message": msgspec.to_builtins(message)}, [])


def unread(floor: Floor, agent: int) -> list[Change]:
    """What the agent has not yet confirmed, the oldest first."""
    return [
        {"id": message.id, "at": message.at, "name": message.name, "text": message.body}
        for message in floor.office.messages.values()
        if message.read.get(agent) == 0
    ]


# -- screens ---------------------------------------------------------------------------------------


def look_at(floor: Floor, agent: int, what: Change) -> None:
    """The agent's desktop shows something else now."""
    if floor.office.looking.get(agent) != what:
        floor.office.looking[agent] = what
        _tell_looking(floor, agent)


def _tell_looking(floor: Floor, agent: int) -> None:
    floor.publish({"looking": {"agent": agent, "at": floor.office.looking.get(agent)}}, [])


def documents(floor: Floor, user_id: int) -> Change:
    """What only managers see."""
    office = floor.office
    return {
        "supervisions": [supervision.document(one) for one in office.supervisions.values()],
        "manager_phone": user_id in office.phones,
        "messages": [msgspec.to_builtins(one) for one in list(office.messages.values())[-MESSAGES_SHOWN:]],
        "looking": [{"agent": agent, "at": what} for agent, what in office.looking.items()],
    }
