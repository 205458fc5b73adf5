"""Changing between the caller and the one who is asked."""

from appliance.callcenter.control.talking import consults
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    consults.swap(request.floor, *talk.answered_consult(request))
    return None


verb = Verb(
    "swap",
    "切换",
    "Swap",
    "Talk to the other of the two; the one left hears music.",
    NoArguments,
    run,
    text_zh="在对方与被咨询人之间切换，另一方听音乐。",
)
