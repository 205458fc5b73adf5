"""Take back a call."""

from appliance.callcenter.control.talking import talks
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call = talk.own_talk(request)
    if call.consult is not None:
        raise talk.ConsultOpenError
    talks.hold(request.floor, call, on=False)
    return None


verb = Verb(
    "unhold",
    "取回",
    "Take back",
    "Go on talking.",
    NoArguments,
    run,
    text_zh="取回被保持的通话。",
)
