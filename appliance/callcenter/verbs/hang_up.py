"""Ending the present call."""

from appliance.callcenter.acd.model import ON_CALL
from appliance.callcenter.calls.model import Outcome
from appliance.callcenter.control import legs
from appliance.callcenter.control.lifecycle import finish, hang_up_leg
from appliance.callcenter.control.talking import consults, talks
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
    own = talk.customer_leg(request, call)
    if own is not None and call.answered_at is not None:
        hang_up_leg(request.floor, call, own)
        talks.ended_by_customer(request.floor, call, "agent")
        return None
    if call.consult is not None:
        consults.agent_gone(request.floor, call, call.consult)
        return None
    if call.answered_at is not None:
        talks.ended_by_partner(request.floor, call, leg_lives=True)
    else:
        finish(request.floor, call, Outcome.NO_ANSWER, "agent")
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
