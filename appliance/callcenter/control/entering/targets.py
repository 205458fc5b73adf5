"""To whom a call can be given: a colleague by agent number, a queue, an extension, a number outside."""

from dataclasses import dataclass, replace
from typing import Literal

from appliance.callcenter.acd.model import OCCUPIED, AgentState
from appliance.callcenter.control.endpoints import Line, agent_at, agent_line, outside_line
from appliance.callcenter.control.entering import limits
from appliance.callcenter.control.floor import Floor
from appliance.errors import InvalidError, WrongStateError
from appliance.pbx.numbers import Dialled, NumberClass, classify
from appliance.text import tidy_number

type Kind = Literal["", "agent", "queue", "extension", "outside"]


class NoSuchTargetError(InvalidError):
    code, zh, en = "no-such-target", "没有这个坐席、分机或队列", "There is no such agent, extension or queue"


class TargetBusyError(WrongStateError):
    code, zh, en = "target-busy", "对方正忙", "That line is busy"


class TargetAwayError(WrongStateError):
    code, zh, en = "target-away", "对方没有签入，也没有话机", "That agent is not signed in and has no telephone"


class NoLineError(WrongStateError):
    code, zh, en = "no-line", "没有空闲的外线", "No outside line is free"


@dataclass(frozen=True, slots=True)
class Target:
    """`agent` is set for an agent, and for an extension that belongs to one."""

    kind: str
    number: str
    agent: int | None = None
    queue: int | None = None
    outside: Dialled | None = None
    asked_by: int | None = None
    """The agent on whose account an outside line is taken."""


def chosen(floor: Floor, text: str, kind: Kind, agent: int, login: str) -> Target:
    """Whom `agent` wants, if he can be rung now and she may. Raises one of the errors above or of `limits`."""
    target = find(floor, text, kind)
    _require_free(floor, target, agent)
    if target.outside is not None:
        limits.ask_agent(floor, agent, target.outside, login)
    return replace(target, asked_by=agent)


def find(floor: Floor, text: str, kind: Kind = "") -> Target:
    """What `text` means. Raises NoSuchTargetError or NumberNotAllowedError."""
    if kind == "agent":
        return _agent(floor, text)
    target = classify(text, floor.directory.numbering)
    if target.kind is not NumberClass.INTERNAL:
        if kind in {"queue", "extension"}:
            raise NoSuchTargetError(field="target")
        return Target("outside", target.number, outside=target)
    return _inside(floor, target.number, kind)


def _agent(floor: Floor, text: str) -> Target:
    number = tidy_number(text)
    found = next((entry for entry in floor.directory.agents.values() if entry.number == number), None)
    if found is None:
        raise NoSuchTargetError(field="target")
    return Target("agent", number, agent=found.id)


def _inside(floor: Floor, number: str, kind: Kind) -> Target:
    known = floor.directory
    queue = known.queues_by_number.get(number)
    if queue is not None and kind in {"", "queue"}:
        return Target("queue", number, queue=queue.id)
    if number in known.extensions and kind in {"", "extension"}:
        return Target("extension", number, agent=agent_at(floor, number))
    if kind == "":
        return _agent(floor, number)
    raise NoSuchTargetError(field="target")


def _require_free(floor: Floor, target: Target, caller: int) -> None:
    """Raises an error that tells why nobody can be rung there now. `caller` is the agent who asks."""
    if target.agent is None:
        return
    state = floor.agent(target.agent).state
    if target.agent == caller or state in OCCUPIED:
        raise TargetBusyError
    if target.kind == "agent" and state is AgentState.SIGNED_OUT and not _extension(floor, target.agent):
        raise TargetAwayError


def line_to(floor: Floor, target: Target) -> Line:
    """How to ring the target (no queue); a call outside is counted for the agent. Raises NoLineError."""
    if target.agent is not None:
        return agent_line(floor, target.agent) if _signed_in(floor, target.agent) else _desk_phone(floor, target.agent)
    if target.kind == "extension":
        return Line(f"PJSIP/{target.number}")
    line = outside_line(floor, target.number)
    if line is None:
        raise NoLineError
    if target.asked_by is not None:
        limits.sent_outside(floor, target.asked_by, line.trunk)
    return line


def _signed_in(floor: Floor, agent: int) -> bool:
    return floor.agent(agent).state is not AgentState.SIGNED_OUT


def _extension(floor: Floor, agent: int) -> str:
    """The telephone on her desk, unless somebody else works there now."""
    entry = floor.directory.agents.get(agent)
    return entry.extension if entry is not None and agent_at(floor, entry.extension) == agent else ""


def _desk_phone(floor: Floor, agent: int) -> Line:
    """Somebody who is not signed in can still be reached at the telephone on her desk."""
    return Line(f"PJSIP/{_extension(floor, agent)}")
