"""Pausing the recording."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.talking import recording
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import WrongStateError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    on: Annotated[bool, told("true 继续录音，false 暂停", "false to pause, true to go on")]


class NotRecordedError(WrongStateError):
    code, zh, en = "not-recorded", "这个通话没有录音", "This call is not recorded"


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = talk.own_talk(request)
    if not call.recordings:
        raise NotRecordedError
    recording.pause(request.floor, call, on=not arguments.on)
    return None


verb = Verb(
    "record",
    "录音",
    "Record",
    "Pause the recording (off: silence is kept instead), go on.",
    Arguments,
    run,
    text_zh="暂停录音（暂停部分为静音）或继续录音。",
)
