"""Making one talk of a consultation."""

from appliance.callcenter.control.talking import consults
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    consults.merge(request.floor, *talk.answered_consult(request))
    return None


verb = Verb(
    "merge",
    "合并三方",
    "Merge",
    "Caller, agent and the one who was asked talk together.",
    NoArguments,
    run,
    text_zh="对方、坐席与被咨询人三方通话。",
)
