"""Sending the caller on, blind."""

from typing import Annotated

import msgspec

from appliance.callcenter.acd.model import ON_CALL
from appliance.callcenter.calls.model import Phase
from appliance.callcenter.control import limits, routing, talks
from appliance.callcenter.control.lifecycle import hang_up_leg, release_agent
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError, WrongStateError
from appliance.pbx.numbers import NumberClass, classify


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    target: Annotated[
        str, told("分机、队列号码或外线号码", "extension, queue number or outside number", example="7001")
    ]


class NoSuchTargetError(InvalidError):
    code, zh, en = "no-such-target", "没有这个分机或队列", "There is no such extension or queue"


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    leg = call.partner
    if request.agent.state not in ON_CALL or call.answered_at is None or leg is None or leg.agent != request.agent_id:
        raise WrongStateError
    known = request.floor.directory
    target = classify(arguments.target, known.numbering)
    if target.kind is NumberClass.INTERNAL:
        if target.number not in known.extensions and target.number not in known.queues_by_number:
            raise NoSuchTargetError(field="target")
    else:
        limits.ask_agent(request.floor, request.agent_id, target, request.actor.login)
    if call.phase is Phase.HOLDING:
        talks.hold(request.floor, call, on=False)
    call.close_segment(request.now(), "transferred")
    call.partner = None
    call.muted = False
    hang_up_leg(request.floor, call, leg)
    release_agent(request.floor, call, request.agent_id)
    routing.transfer(request.floor, call, target, request.agent_id)
    return None


verb = Verb(
    "transfer",
    "转接",
    "Transfer",
    "Send the caller to an extension, a queue or a number.",
    Arguments,
    run,
    text_zh="盲转：把对方转给分机、队列或外线号码。",
)
