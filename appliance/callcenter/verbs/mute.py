"""Not being heard for a while."""

from typing import Annotated

import msgspec

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
    guest = talk.guest_leg(request, call)
    if guest is not None:
        conference.mute(request.floor, call, guest, on=arguments.on)
        return None
    talks.mute(request.floor, call, on=arguments.on)
    return None


verb = Verb(
    "mute",
    "静音",
    "Mute",
    "The caller does not hear the agent.",
    Arguments,
    run,
    text_zh="静音：对方听不到坐席。",
)
