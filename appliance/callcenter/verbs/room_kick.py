"""Removing a participant from a conference."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.rooms import room_desk
from appliance.callcenter.verbs.room import moderated, participant
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    room: Annotated[str, told("会议室号码", "number of the room", example="6900")]
    call: Annotated[str, told("参与者的通话编号", "id of the participant's call", example="0m3k…")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    number = moderated(request, arguments.room)
    room_desk.remove(request.floor, participant(request, number, arguments.call))
    return None


verb = Verb(
    "room_kick",
    "移出会议",
    "Remove from the conference",
    "Tell the participant and hang up; an invitation that rings is taken back.",
    Arguments,
    run,
    permission="rooms.moderate",
    text_zh="提示该与会者后挂断；正在振铃的邀请则取消。",
    audited=True,
)
