"""Muting participants of a conference."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.rooms import room_desk, rooms
from appliance.callcenter.verbs.room import moderated, participant
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    room: Annotated[str, told("会议室号码", "number of the room", example="6900")]
    on: Annotated[bool, told("开或关", "on or off")]
    call: Annotated[
        str,
        told(
            "参与者的通话编号；空表示主持人以外的所有人",
            "id of the participant's call; empty = all but moderators",
            example="",
        ),
    ] = ""


async def run(request: Request, arguments: Arguments) -> Document | None:
    number = moderated(request, arguments.room)
    if arguments.call:
        rooms.mute(request.floor, participant(request, number, arguments.call), on=arguments.on)
    else:
        room_desk.mute_all(request.floor, number, on=arguments.on)
    return None


verb = Verb(
    "room_mute",
    "会议静音",
    "Mute participants",
    "Let one participant, or all but moderators, be heard or not.",
    Arguments,
    run,
    permission="rooms.moderate",
    text_zh="让某位或全部（主持人除外）与会者静音或恢复发言。",
    audited=True,
)
