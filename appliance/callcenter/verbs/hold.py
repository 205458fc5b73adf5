"""Hold a call."""

from appliance.callcenter.acd.model import ON_CALL
from appliance.callcenter.control import talks
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call = request.call()
    if request.agent.state not in ON_CALL or call.answered_at is None:
        raise WrongStateError
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
