"""Giving the caller to the one who was asked."""

from appliance.callcenter.control.talking import consults
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call, _ = talk.own_consult(request)
    consults.complete(request.floor, call)
    return None


verb = Verb(
    "complete",
    "完成转接",
    "Complete",
    "Connect the caller with the one who was asked.",
    NoArguments,
    run,
    text_zh="把对方转给被咨询的人。",
)
