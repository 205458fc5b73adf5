"""Locking a conference room."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.rooms import room_desk
from appliance.callcenter.verbs.room import moderated
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    room: Annotated[str, told("会议室号码", "number of the room", example="6900")]
    on: Annotated[bool, told("开或关", "on or off")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    number = moderated(request, arguments.room)
    room_desk.lock(request.floor, number, on=arguments.on)
    return None


verb = Verb(
    "room_lock",
    "锁定会议",
    "Lock the room",
    "Let nobody in any more but moderators and those who are called.",
    Arguments,
    run,
    permission="rooms.moderate",
    text_zh="锁定后只有主持人和被邀请者可以加入。",
    audited=True,
)
