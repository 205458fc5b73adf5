"""Not being heard for a while."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.rooms import rooms
from appliance.callcenter.control.talking import conference, talks
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import WrongStateError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    on: Annotated[bool, told("true 静音，false 取消", "true to mute, false to be heard again")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    if call.answered_at is None:
        raise WrongStateError
    own = talk.guest_leg(request, call) or talk.customer_leg(request, call)
    if call.room is not None:
        rooms.mute(request.floor, call, on=arguments.on)
    elif own is not None:
        conference.mute(request.floor, call, own, on=arguments.on)
    else:
        talks.mute(request.floor, call, on=arguments.on)
    return None


verb = Verb(
    "mute",
    "静音",
    "Mute",
    "The other side does not hear the agent.",
    Arguments,
    run,
    text_zh="静音：对方听不到坐席。",
)
