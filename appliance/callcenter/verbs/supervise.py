"""Taking part in a live talk."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.acd.model import OCCUPIED
from appliance.callcenter.control import auditing
from appliance.callcenter.control.endpoints import agent_at
from appliance.callcenter.control.supervising import supervision
from appliance.callcenter.supervision.model import WEB_PHONE, Mode, Supervision
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError, PbxUnavailableError, WrongStateError

REASON_LENGTH = 200


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    call: Annotated[str, told("通话编号", "the talk")]
    mode: Annotated[
        Literal["listen", "whisper", "barge", "take_over"],
        told("监听、耳语、强插、接管", "listen, whisper to the agent, talk with both, take the agent's place"),
    ]
    phone: Annotated[str, told("web 为网页话机，否则为分机号", "`web` for the browser phone, else an extension")]
    reason: Annotated[str, told("原因，记入审计日志", "why; goes into the audit log")] = ""


class Answer(msgspec.Struct, frozen=True):
    supervision: Annotated[str, told("监听编号", "the supervision")]


class NoTalkError(WrongStateError):
    code, zh, en = "no-talk", "通话已结束或尚未接通", "This talk has ended or has not begun"


class NotTakenOverError(WrongStateError):
    code, zh, en = "no-take-over", "内部通话不能接管", "An internal call cannot be taken over"


class AlreadyThereError(WrongStateError):
    code, zh, en = "already-supervising", "您正在另一个通话中，请先结束", "You are in another talk; end that first"


class PhoneChoiceError(InvalidError):
    code, zh, en = "phone-not-usable", "这部话机不存在或正忙", "This phone does not exist or is busy"


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor, mode = request.floor, Mode(arguments.mode)
    call = floor.calls.get(arguments.call)
    leg = supervision.target_of(call) if call is not None else None
    if call is None or leg is None:
        raise NoTalkError
    if leg.agent == request.actor.agent_id or floor.office.of_user(request.actor.user_id) is not None:
        raise AlreadyThereError
    if mode is Mode.TAKE_OVER and not supervision.may_take_over(call):
        raise NotTakenOverError
    _check_phone(request, arguments.phone)
    if len(arguments.reason) > REASON_LENGTH:
        raise InvalidError(field="reason")
    if not floor.pbx_up:
        raise PbxUnavailableError
    reason = arguments.reason.strip()
    made = supervision.begin(floor, request.actor, call, leg, mode=mode, phone=arguments.phone, reason=reason)
    note(request, made)
    await floor.journal.flushed()
    return {"supervision": made.id}


def _check_phone(request: Request, phone: str) -> None:
    """The manager's browser phone must be on; an extension must exist and not be one at which an agent talks."""
    if phone == WEB_PHONE:
        usable = request.actor.user_id in request.floor.office.phones
    else:
        agent = agent_at(request.floor, phone)
        usable = phone in request.floor.directory.extensions
        usable = usable and (agent is None or request.floor.agent(agent).state not in OCCUPIED)
    if not usable:
        raise PhoneChoiceError(field="phone")


def note(request: Request, made: Supervision) -> None:
    """Who hears whom from now on, how, and why."""
    agent = request.floor.directory.agents.get(made.agent)
    who = f"{agent.number} {agent.name}" if agent is not None else str(made.agent)
    detail = f"{who}; {made.phone}; {made.reason}".removesuffix("; ")
    auditing.note(request.floor, request.actor, f"supervise-{made.mode.value}", "call", made.call, detail)


verb = Verb(
    "supervise",
    "监听通话",
    "Supervise",
    "Listen to a talk, whisper to its agent, barge in, or take it over, with the own phone.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="用本人话机监听通话、向坐席耳语、强插或接管。",
    answer=Answer,
)
