"""Calling back somebody from the list of callbacks and missed calls."""

from typing import Annotated

import msgspec

from appliance.callcenter.callbacks.model import State
from appliance.callcenter.callbacks.rules import NOT_RUNG
from appliance.callcenter.control.entering import limits, outbound
from appliance.callcenter.control.waiting import callbacks
from appliance.callcenter.verbs.dial import MAY_DIAL, Answer
from appliance.callcenter.verbs.verb import Document, Offer, Request, Verb, told
from appliance.db import new_id
from appliance.errors import ConflictError, NotFoundError, PbxUnavailableError, WrongStateError
from appliance.pbx.numbers import classify


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    callback: Annotated[str, told("待回拨记录的编号", "id of the callback or missed call")]


class TakenError(ConflictError):
    code, zh, en = "callback-taken", "已有人在处理此回拨", "Somebody is calling this patient back already"


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor = request.floor
    if request.signed_in().state not in MAY_DIAL:
        raise WrongStateError
    ticket = await callbacks.known(floor, arguments.callback)
    if ticket is None:
        raise NotFoundError
    if not floor.pbx_up:
        raise PbxUnavailableError
    if ticket.state is not State.WAITING or floor.callbacks.key_of(ticket) in floor.calls:
        raise TakenError
    target = classify(ticket.number, floor.directory.numbering)
    why = limits.agent_refusal(floor, request.agent_id, target)
    if why is not None:
        limits.refuse(floor, request.agent_id, target, why, request.actor.login)
    callbacks.withdraw(floor, ticket)
    key = new_id()
    if not await callbacks.claim_by_hand(floor, ticket, key, request.agent_id):
        raise TakenError
    if request.signed_in().state not in MAY_DIAL:
        callbacks.attempt_over(floor, floor.callbacks.tickets[ticket.id], key, NOT_RUNG)
        raise WrongStateError
    call = outbound.click(floor, request.agent_id, target, key=key)
    call.callback, call.queue = ticket.id, ticket.queue
    floor.look_up(call)
    return {"call": call.id}


verb = Verb(
    "call_back",
    "回拨",
    "Call back",
    "Ring the own phone, then the number of a callback or missed call.",
    Arguments,
    run,
    text_zh="回拨列表中的一条：先振坐席自己的话机，接起后再拨打患者号码。",
    answer=Answer,
    offer=Offer.DIAL,
)
