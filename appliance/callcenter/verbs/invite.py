"""One more party in the talk."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.entering import targets
from appliance.callcenter.control.talking import conference
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import WrongStateError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    target: Annotated[
        str, told("坐席工号、队列、分机或外线号码", "agent, queue, extension or outside number", example="7001")
    ]
    kind: Annotated[targets.Kind, told("号码的种类；空表示自动判断", "what the number is; empty = find out")] = ""


class QueueInConferenceError(WrongStateError):
    code, zh, en = "queue-in-conference", "队列不能加入会议，请先咨询", "Consult a queue first, then merge"


class ConferenceFullError(WrongStateError):
    code, zh, en = "conference-full", "会议人数已满", "The conference is full"


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = talk.own_talk(request)
    if call.consult is not None:
        raise talk.ConsultOpenError
    if len(call.members) >= conference.MOST_MEMBERS:
        raise ConferenceFullError
    target = talk.target(request, arguments.target, arguments.kind)
    if target.queue is not None:
        raise QueueInConferenceError
    leg = conference.invite(request.floor, call, request.agent_id, target)
    return {"party": leg.channel}


class Invited(msgspec.Struct, frozen=True):
    party: Annotated[str, told("会议成员编号", "id of the party")]


verb = Verb(
    "invite",
    "加入会议",
    "Invite",
    "Ring one more party, who joins the talk.",
    Arguments,
    run,
    text_zh="再呼叫一方加入通话。",
    answer=Invited,
)
