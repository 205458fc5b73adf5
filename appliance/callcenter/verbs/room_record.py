"""Recording a conference."""

from appliance.callcenter.control.rooms import room_desk
from appliance.callcenter.verbs.room import RoomSwitch, moderated
from appliance.callcenter.verbs.verb import Document, Request, Verb


async def run(request: Request, arguments: RoomSwitch) -> Document | None:
    number = moderated(request, arguments.room)
    room_desk.record(request.floor, number, on=arguments.on)
    return None


verb = Verb(
    "room_record",
    "会议录音",
    "Record the conference",
    "Begin or end the recording; everybody hears that it begins.",
    RoomSwitch,
    run,
    permission="rooms.moderate",
    text_zh="开始或停止会议录音，开始时与会者都会听到提示。",
    audited=True,
)
