"""What the verbs about a talk have in common: whose it is, and who else takes part."""

from typing import Annotated

import msgspec

from appliance.callcenter.acd.model import ON_CALL
from appliance.callcenter.calls.model import Call, Consult, Leg
from appliance.callcenter.control.entering import targets
from appliance.callcenter.control.talking import talks
from appliance.callcenter.verbs.verb import Request, told
from appliance.errors import NotFoundError, WrongStateError


class Whom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Arguments of the verbs that bring somebody in; a docstring would stand in the description of WebCTI.
    target: Annotated[
        str, told("坐席工号、队列、分机或外线号码", "agent, queue, extension or outside number", example="7001")
    ]
    kind: Annotated[targets.Kind, told("号码的种类；空表示自动判断", "what the number is; empty = find out")] = ""


class RingsStillError(WrongStateError):
    code, zh, en = "rings-still", "对方还没有接听", "The other side has not answered yet"


class NoConsultError(WrongStateError):
    code, zh, en = "no-consult", "当前没有咨询通话", "There is no consultation"


class ConsultOpenError(WrongStateError):
    code, zh, en = "consult-open", "请先结束当前的咨询", "Please end the consultation first"


def own_talk(request: Request) -> Call:
    """The answered call in which the agent is the customer's partner; of two colleagues, who acts is.

    Raises WrongStateError.
    """
    call = request.call()
    if talks.may_lead(call, request.agent_id):
        talks.lead(request.floor, call)
    leg = call.partner
    if request.agent.state not in ON_CALL or call.answered_at is None or leg is None or leg.agent != request.agent_id:
        raise WrongStateError
    return call


def own_consult(request: Request) -> tuple[Call, Consult]:
    """The agent's talk and the consultation she began in it. Raises NoConsultError."""
    call = own_talk(request)
    if call.consult is None:
        raise NoConsultError
    return call, call.consult


def answered_consult(request: Request) -> tuple[Call, Consult, Leg]:
    """The same when the target has answered. Raises RingsStillError."""
    call, consult = own_consult(request)
    if consult.leg is None or not consult.leg.up:
        raise RingsStillError
    return call, consult, consult.leg


def target(request: Request, text: str, kind: targets.Kind) -> targets.Target:
    """Whom the agent wants in the talk. Raises an error that tells why not."""
    return targets.chosen(request.floor, text, kind, request.agent_id, request.actor.login)


def member(call: Call, party: str) -> Leg:
    """A party of the conference by its id. Raises NotFoundError."""
    found = next((leg for leg in call.members if leg.channel == party), None)
    if found is None:
        raise NotFoundError
    return found


def customer_leg(request: Request, call: Call) -> Leg | None:
    """The agent's own leg when she is at the customer's end: she called a colleague, or a room."""
    customer = call.customer
    return customer if customer is not None and customer.agent == request.agent_id else None


def guest_leg(request: Request, call: Call) -> Leg | None:
    """The agent's own leg when she is only asked or invited, else None."""
    return next((leg for leg in call.guests() if leg.agent == request.agent_id), None)
