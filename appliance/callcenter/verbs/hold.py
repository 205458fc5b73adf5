"""Hold a call."""

from appliance.callcenter.control.talking import talks
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call = talk.own_talk(request)
    if call.consult is not None:
        raise talk.ConsultOpenError
    talks.hold(request.floor, call, on=True)
    return None


verb = Verb(
    "hold",
    "保持",
    "Hold",
    "The caller hears music.",
    NoArguments,
    run,
    text_zh="保持通话，对方听音乐。",
)
