"""Asking somebody before the caller is passed on."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.entering import targets
from appliance.callcenter.control.talking import consults
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    target: Annotated[
        str, told("坐席工号、队列、分机或外线号码", "agent, queue, extension or outside number", example="7001")
    ]
    kind: Annotated[targets.Kind, told("号码的种类；空表示自动判断", "what the number is; empty = find out")] = ""


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = talk.own_talk(request)
    if call.consult is not None:
        raise talk.ConsultOpenError
    target = talk.target(request, arguments.target, arguments.kind)
    consults.begin(request.floor, call, request.agent_id, target)
    return None


verb = Verb(
    "consult",
    "咨询",
    "Consult",
    "Hold the caller and ask an agent, a queue, an extension or a number.",
    Arguments,
    run,
    text_zh="保持对方，咨询坐席、队列、分机或外线号码。",
)
