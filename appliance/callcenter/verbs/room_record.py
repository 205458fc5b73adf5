"""Recording a conference."""

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
    room_desk.record(request.floor, number, on=arguments.on)
    return None


verb = Verb(
    "room_record",
    "会议录音",
    "Record the conference",
    "Begin or end the recording; everybody hears that it begins.",
    Arguments,
    run,
    permission="rooms.moderate",
    text_zh="开始或停止会议录音，开始时与会者都会听到提示。",
    audited=True,
)
