"""Going back to the caller."""

from appliance.callcenter.control.talking import consults
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call, _ = talk.own_consult(request)
    consults.cancel(request.floor, call)
    return None


verb = Verb(
    "cancel_consult",
    "取消咨询",
    "Cancel consultation",
    "End the consultation, back to the caller.",
    NoArguments,
    run,
    text_zh="结束咨询，回到对方。",
)
