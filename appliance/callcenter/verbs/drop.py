"""Taking a party out of the talk."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.talking import conference
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    party: Annotated[str, told("会议成员编号", "id of the party (`members` of the call)")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = talk.own_talk(request)
    conference.drop(request.floor, call, talk.member(call, arguments.party))
    return None


verb = Verb(
    "drop",
    "请出",
    "Drop",
    "Take a party out of the conference, or stop ringing it.",
    Arguments,
    run,
    text_zh="请某一方离开会议，或停止呼叫。",
)
