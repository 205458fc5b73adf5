"""Asking somebody before the caller is passed on."""

from appliance.callcenter.control.talking import consults
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb


async def run(request: Request, arguments: talk.Whom) -> Document | None:
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
    talk.Whom,
    run,
    text_zh="保持对方，咨询坐席、队列、分机或外线号码。",
)
