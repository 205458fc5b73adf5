"""More time for the form."""

from typing import Annotated

import msgspec

from appliance.callcenter.acd.events import WrapUpExtended
from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError, WrongStateError

MOST_SECONDS = 300


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seconds: Annotated[int, told("延长的秒数，1 至 300", "how many seconds more, 1 to 300", example=60)]


async def run(request: Request, arguments: Arguments) -> Document | None:
    if request.signed_in().state is not AgentState.WRAP_UP:
        raise WrongStateError
    if not 1 <= arguments.seconds <= MOST_SECONDS:
        raise InvalidError(field="seconds")
    request.floor.distribute(WrapUpExtended(request.now(), request.agent_id, arguments.seconds))
    return None


verb = Verb(
    "extend_wrap_up",
    "延长整理",
    "More time",
    "Extend the wrap-up by up to five minutes.",
    Arguments,
    run,
    text_zh="延长话后整理时间，每次最多五分钟。",
)
