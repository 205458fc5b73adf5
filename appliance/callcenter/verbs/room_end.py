"""Ending a conference."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.rooms import room_desk
from appliance.callcenter.verbs.room import moderated
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    room: Annotated[str, told("会议室号码", "number of the room", example="6900")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    room_desk.end(request.floor, moderated(request, arguments.room))
    return None


verb = Verb(
    "room_end",
    "结束会议",
    "End the conference",
    "Tell everybody and hang up.",
    Arguments,
    run,
    permission="rooms.moderate",
    text_zh="提示所有人后结束会议。",
    audited=True,
)
