"""Refusing a call that rings."""

from appliance.callcenter.acd.model import CAUSE_REJECTED, AgentState
from appliance.callcenter.control import legs
from appliance.callcenter.control.lifecycle import hang_up_leg
from appliance.callcenter.control.waiting import offers
from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError

CAUSE_REJECTED_Q850 = 21


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    call = request.call()
    guest = talk.guest_leg(request, call)
    if guest is not None and not guest.up:
        legs.gone(request.floor, call, guest.channel, CAUSE_REJECTED_Q850)
        hang_up_leg(request.floor, call, guest)
        return None
    leg = offers.offer_to(call, request.agent_id)
    ringing = request.agent.state in {AgentState.RESERVED, AgentState.RINGING}
    if not ringing or leg is None:
        raise WrongStateError
    hang_up_leg(request.floor, call, leg)
    offers.ring_ended(request.floor, call, leg, CAUSE_REJECTED)
    return None


verb = Verb(
    "reject",
    "拒接",
    "Reject",
    "Let the next agent take the call.",
    NoArguments,
    run,
    text_zh="拒接振铃中的来电，转给下一位坐席。",
)
