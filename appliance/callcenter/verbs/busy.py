"""Taking a break."""

from typing import Annotated

import msgspec

from appliance.callcenter.acd.events import BecameBusy
from appliance.callcenter.control.supervising import office
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cause: Annotated[str, told("示忙原因代码", "code of the reason", example="rest")]
    version: Annotated[int | None, told("操作者所见的版本", "version of herself that the agent saw")] = None


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.signed_in()
    office.check_first(request.floor, agent.id, arguments.version)
    reason = request.floor.directory.pause_reasons.get(arguments.cause)
    if reason is None or not reason.active:
        raise InvalidError(arguments.cause[:32], field="cause")
    request.floor.distribute(BecameBusy(request.now(), agent.id, arguments.cause))
    return None


verb = Verb(
    "busy",
    "示忙",
    "Busy",
    "Take no calls, with a reason; during a call: after it.",
    Arguments,
    run,
    text_zh="示忙并说明原因，不再分配来电；通话中示忙则在通话结束后生效。",
)
