"""An agent puts away the note about a talk that was cut off."""

from appliance.callcenter.control.waiting import cut_talks
from appliance.callcenter.verbs.verb import Document, NoArguments, Offer, Request, Verb


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    cut_talks.seen(request.floor, request.agent_id)
    return None


verb = Verb(
    "cut_talk_seen",
    "知道通话被切断",
    "Cut talk seen",
    "Put away the note about a talk that the telephone system cut off.",
    NoArguments,
    run,
    text_zh="收起“通话被切断”的提示。",
    offer=Offer.OWN_PAGES,
)
