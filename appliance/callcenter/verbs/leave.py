"""Going out of a conference that goes on."""

from appliance.callcenter.control.talking import conference
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError


class NoConferenceError(WrongStateError):
    code, zh, en = "no-conference", "没有其他人可以继续通话", "Nobody else would be left in the talk"


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call = talk.own_talk(request)
    if call.consult is not None:
        raise talk.ConsultOpenError
    if not conference.leave(request.floor, call):
        raise NoConferenceError
    return None


verb = Verb(
    "leave",
    "退出会议",
    "Leave",
    "Leave the conference; the others go on.",
    NoArguments,
    run,
    text_zh="退出会议，其他人继续通话。",
)
