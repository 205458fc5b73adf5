"""Not being heard for a while."""

import msgspec

from appliance.callcenter.control import talks
from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import WrongStateError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    on: bool


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    if call.answered_at is None:
        raise WrongStateError
    talks.mute(request.floor, call, on=arguments.on)
    return None


verb = Verb("mute", "静音", "Mute", "The caller does not hear the agent.", Arguments, run)
