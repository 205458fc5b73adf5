"""Calling somebody into a conference."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.entering import limits
from appliance.callcenter.control.rooms import room_desk
from appliance.callcenter.verbs.room import moderated
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError, PbxUnavailableError
from appliance.pbx.numbers import NumberClass, classify


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    room: Annotated[str, told("会议室号码", "number of the room", example="6900")]
    number: Annotated[str, told("分机或外线号码", "extension or outside number", example="8001")]


class NoSuchExtensionError(InvalidError):
    code, zh, en = "no-such-extension", "没有这个分机", "There is no such extension"


class Answer(msgspec.Struct, frozen=True):
    call: Annotated[str, told("邀请通话的编号", "id of the call that invites")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor, room = request.floor, moderated(request, arguments.room)
    target = classify(arguments.number, floor.directory.numbering)
    if target.kind is NumberClass.INTERNAL and target.number not in floor.directory.extensions:
        raise NoSuchExtensionError(field="number")
    agent = request.actor.agent_id
    caller = room
    if agent is not None and agent in floor.directory.agents:
        limits.ask_agent(floor, agent, target, request.actor.login)
        caller = limits.caller_of(floor, agent)
    elif target.kind is not NumberClass.INTERNAL:
        limits.ask_role(floor, request.actor.role, room, target, request.actor.login)
    if not floor.pbx_up:
        raise PbxUnavailableError
    return {"call": room_desk.invite(floor, room, target, caller).id}


verb = Verb(
    "room_invite",
    "邀请入会",
    "Call into the conference",
    "Ring an extension or an outside number; the key 1 brings them in.",
    Arguments,
    run,
    permission="rooms.moderate",
    text_zh="呼叫分机或外线号码，对方按 1 加入会议。",
    answer=Answer,
    audited=True,
)
