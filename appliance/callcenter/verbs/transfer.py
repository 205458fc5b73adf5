"""Sending the caller on, blind."""

from appliance.callcenter.calls.model import Phase
from appliance.callcenter.control.entering import routing, targets
from appliance.callcenter.control.lifecycle import hang_up_leg, release_agent, when_stored
from appliance.callcenter.control.talking import talks
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import WrongStateError
from appliance.text import tidy_number


async def run(request: Request, arguments: talk.Whom) -> Document | None:
    call = talk.own_talk(request)
    if call.consult is not None:
        raise talk.ConsultOpenError
    leg = call.partner
    if leg is None or call.members:
        raise WrongStateError
    number = tidy_number(arguments.target)
    if number in request.floor.directory.rooms and not arguments.kind:
        target = targets.Target("room", number)
    else:
        target = talk.target(request, arguments.target, arguments.kind)
    if call.phase is Phase.HOLDING:
        talks.hold(request.floor, call, on=False)
    call.close_segment(request.now(), "transferred")
    call.partner = None
    talks.partner_leaves(request.floor, call)
    when_stored(request.floor, call)
    hang_up_leg(request.floor, call, leg)
    release_agent(request.floor, call, request.agent_id)
    routing.transfer(request.floor, call, target)
    return None


verb = Verb(
    "transfer",
    "转接",
    "Transfer",
    "Send the caller to an agent, a queue, an extension or a number.",
    talk.Whom,
    run,
    text_zh="盲转：把对方转给坐席、队列、分机或外线号码。",
)
