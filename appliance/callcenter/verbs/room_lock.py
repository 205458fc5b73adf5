"""Locking a conference room."""

from appliance.callcenter.control.rooms import room_desk
from appliance.callcenter.verbs.room import RoomSwitch, moderated
from appliance.callcenter.verbs.verb import Document, Request, Verb


async def run(request: Request, arguments: RoomSwitch) -> Document | None:
    number = moderated(request, arguments.room)
    room_desk.lock(request.floor, number, on=arguments.on)
    return None


verb = Verb(
    "room_lock",
    "锁定会议",
    "Lock the room",
    "Let nobody in any more but moderators and those who are called.",
    RoomSwitch,
    run,
    permission="rooms.moderate",
    text_zh="锁定后只有主持人和被邀请者可以加入。",
    audited=True,
)
