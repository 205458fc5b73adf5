"""The help has come, or is not needed any more."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.showing.view import SEES_ALL_CALLS
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import ForbiddenError, NotFoundError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agent: Annotated[int | None, told("坐席编号；空表示本人", "id of the agent; null = oneself")] = None


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = arguments.agent if arguments.agent is not None else request.agent_id
    if agent != request.actor.agent_id and request.actor.role not in SEES_ALL_CALLS:
        raise ForbiddenError
    call = request.floor.calls.get(request.floor.agent(agent).call)
    if call is None or call.help is None or call.help.agent != agent:
        raise NotFoundError
    call.help = None
    request.floor.touch(call)
    request.floor.touch_agent(agent)
    return None


verb = Verb(
    "help_done",
    "撤销求助",
    "Help done",
    "Withdraw the call for help (a manager: anybody's).",
    Arguments,
    run,
    text_zh="撤销求助（班长可撤销任何坐席的求助）。",
)
