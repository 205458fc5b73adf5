"""More time for the form."""

import msgspec

from appliance.callcenter.acd.events import WrapUpExtended
from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import InvalidError, WrongStateError

MOST_SECONDS = 300


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seconds: int


async def run(request: Request, arguments: Arguments) -> Document | None:
    if request.signed_in().state is not AgentState.WRAP_UP:
        raise WrongStateError
    if not 1 <= arguments.seconds <= MOST_SECONDS:
        raise InvalidError(field="seconds")
    request.floor.distribute(WrapUpExtended(request.now(), request.agent_id, arguments.seconds))
    return None


verb = Verb("extend_wrap_up", "延长整理", "More time", "Extend the wrap-up by up to five minutes.", Arguments, run)
