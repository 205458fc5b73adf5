"""Ending the present call."""

from functools import partial

from appliance.callcenter.acd.model import ON_CALL
from appliance.callcenter.calls.model import Outcome
from appliance.callcenter.control import legs
from appliance.callcenter.control.lifecycle import finish, hang_up_leg
from appliance.callcenter.control.talking import consults
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError

CAUSE_NORMAL = 16


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call = request.call()
    if request.agent.state not in ON_CALL:
        raise WrongStateError
    guest = talk.guest_leg(request, call)
    if guest is not None:
        legs.gone(request.floor, call, guest.channel, CAUSE_NORMAL)
        hang_up_leg(request.floor, call, guest)
        return None
    called_inside = talk.customer_leg(request, call)
    if called_inside is None and call.consult is not None:
        consults.agent_gone(request.floor, call, call.consult)
        return None
    own = called_inside or call.partner
    for_everybody = called_inside is None and call.members
    unsettled = call.answered_at is None or call.carrying is not None or not request.floor.pbx_up
    if own is None or for_everybody or unsettled:
        finish(request.floor, call, Outcome.ANSWERED if call.answered_at is not None else Outcome.NO_ANSWER, "agent")
    else:  # as if by her telephone: what follows from it follows when the PBX tells that it is gone
        request.floor.send(call, partial(request.floor.ari.hang_up, own.channel))
    return None


verb = Verb(
    "hang_up",
    "挂机",
    "Hang up",
    "End the present call.",
    NoArguments,
    run,
    text_zh="结束当前通话。",
)
