"""Take back a call."""

from appliance.callcenter.acd.model import ON_CALL
from appliance.callcenter.control import talks
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call = request.call()
    if request.agent.state not in ON_CALL or call.answered_at is None:
        raise WrongStateError
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
