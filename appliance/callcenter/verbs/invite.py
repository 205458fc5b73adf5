"""One more party in the talk."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.talking import conference
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import WrongStateError


class QueueInConferenceError(WrongStateError):
    code, zh, en = "queue-in-conference", "队列不能加入会议，请先咨询", "Consult a queue first, then merge"


class ConferenceFullError(WrongStateError):
    code, zh, en = "conference-full", "会议人数已满", "The conference is full"


async def run(request: Request, arguments: talk.Whom) -> Document | None:
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
    talk.Whom,
    run,
    text_zh="再呼叫一方加入通话。",
    answer=Invited,
)
