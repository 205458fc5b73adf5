"""Changing an agent's state from the manager's seat."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.acd.events import BecameBusy, BecameReady, SignedOut
from appliance.callcenter.acd.model import CAUSE_SIGN_OUT, OCCUPIED, Agent, AgentState
from appliance.callcenter.control import auditing
from appliance.callcenter.control.floor import Floor
from appliance.callcenter.control.supervising import office
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import NotFoundError, StaleError, WrongStateError

CAUSE_MANAGER = "manager"

NOTICES = {
    "ready": ("班长 {name} 已将您置为就绪", "Shift manager {name} made you ready"),
    "busy": ("班长 {name} 已将您置为示忙", "Shift manager {name} made you busy"),
    "sign_out": ("班长 {name} 已将您签出", "Shift manager {name} signed you out"),
}


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agent: Annotated[int, told("坐席编号", "id of the agent")]
    state: Annotated[Literal["ready", "busy", "sign_out"], told("新的状态", "what she becomes")]
    version: Annotated[int | None, told("操作者所见的版本", "version of the agent that the manager saw")] = None


class OwesFormError(WrongStateError):
    code, zh, en = "owes-form", "该坐席还有未填的话后小结", "This agent still owes a wrap-up form"


def seen_agent(request: Request, number: int, version: int | None) -> Agent:
    """The agent as the manager saw her. Raises NotFoundError or StaleError."""
    if number not in request.floor.directory.agents:
        raise NotFoundError
    agent = request.floor.agent(number)
    if version is not None and agent.version != version:
        raise StaleError
    return agent


def notify(floor: Floor, agent: int, words: tuple[str, str], **values: str) -> None:
    """Tell the agent, in her language, what was done to her."""
    zh, en = words
    entry = floor.directory.agents[agent]
    text = (zh if entry.language.startswith("zh") else en).format(**values)
    floor.publish({"notice": {"level": "warning", "text": text}}, [agent])


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor = request.floor
    agent = seen_agent(request, arguments.agent, arguments.version)
    if agent.state is AgentState.SIGNED_OUT:
        raise WrongStateError
    match arguments.state:
        case "ready" if agent.wrap_up_call:
            raise OwesFormError
        case "ready":
            floor.distribute(BecameReady(request.now(), agent.id))
        case "busy":
            floor.distribute(BecameBusy(request.now(), agent.id, CAUSE_MANAGER))
        case "sign_out" if agent.state in OCCUPIED:
            floor.distribute(BecameBusy(request.now(), agent.id, CAUSE_SIGN_OUT))
        case "sign_out":
            floor.distribute(SignedOut(request.now(), agent.id, CAUSE_MANAGER))
    office.forced(floor, agent.id, request.actor.shown_name)
    notify(floor, agent.id, NOTICES[arguments.state], name=request.actor.shown_name)
    entry = floor.directory.agents[agent.id]
    auditing.note(floor, request.actor, f"force-{arguments.state}", "agent", agent.id, f"{entry.number} {entry.name}")
    await floor.journal.flushed()
    return {"state": floor.agent(agent.id).state.value}


class Answer(msgspec.Struct, frozen=True):
    state: Annotated[str, told("现在的状态", "the state she is in now")]


verb = Verb(
    "force_state",
    "强制状态",
    "Force state",
    "Make an agent ready or busy, or sign her out; during a call: after it.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="将坐席置为就绪、示忙或签出；通话中则在通话结束后生效。",
    answer=Answer,
)
