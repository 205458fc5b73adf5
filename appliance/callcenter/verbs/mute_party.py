"""A party of the conference is not heard."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.talking import conference
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    party: Annotated[str, told("会议成员编号", "id of the party (`members` of the call)")]
    on: Annotated[bool, told("true 禁言，false 恢复", "true to mute, false to be heard again")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = talk.own_talk(request)
    leg = talk.member(call, arguments.party)
    if not leg.up:
        raise talk.RingsStillError
    conference.mute(request.floor, call, leg, on=arguments.on)
    return None


verb = Verb(
    "mute_party",
    "禁言",
    "Mute party",
    "A party of the conference is not heard by the others.",
    Arguments,
    run,
    text_zh="会议中的某一方不被听到。",
)
