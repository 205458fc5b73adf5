"""Dialling by click."""

from functools import partial
from typing import Annotated

import msgspec

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.calls.model import Direction, PatientBrief
from appliance.callcenter.control.entering import callers, limits, outbound
from appliance.callcenter.verbs.verb import Document, Offer, Request, Verb, told
from appliance.errors import NotFoundError, PbxUnavailableError, WrongStateError
from appliance.pbx.numbers import classify

MAY_DIAL = frozenset({AgentState.READY, AgentState.BUSY, AgentState.NOT_ANSWERING, AgentState.WRAP_UP})


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[
        str, told("要拨打的号码：外线号码、分机或队列", "outside number, extension or queue", example="13800000001")
    ]
    patient_id: Annotated[int | None, told("这通电话所关于的患者", "the patient whom the call is about")] = None


class Answer(msgspec.Struct, frozen=True):
    call: Annotated[str, told("通话编号", "id of the call")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    if request.signed_in().state not in MAY_DIAL:
        raise WrongStateError
    target = classify(arguments.number, request.floor.directory.numbering)
    limits.ask_agent(request.floor, request.agent_id, target, request.actor.login)
    patient = await _patient(request, arguments.patient_id) if arguments.patient_id is not None else None
    if not request.floor.pbx_up:
        raise PbxUnavailableError
    call = outbound.click(request.floor, request.agent_id, target)
    if patient is not None:
        call.patients, call.patient_id = [patient], patient.id
        request.floor.touch(call)
    elif call.direction is Direction.OUTBOUND:
        request.floor.look_up(call)
    return {"call": call.id}


async def _patient(request: Request, key: int) -> PatientBrief:
    """The patient whom the call is about. Raises NotFoundError."""
    chosen = await request.floor.journal.transact(partial(callers.by_id, patient_id=key))
    if chosen is None:
        raise NotFoundError
    if request.signed_in().state not in MAY_DIAL:
        raise WrongStateError
    return chosen


verb = Verb(
    "dial",
    "拨号",
    "Dial",
    "Ring the own phone, then the number.",
    Arguments,
    run,
    text_zh="先振坐席自己的话机，接起后再拨打号码。",
    answer=Answer,
    offer=Offer.DIAL,
)
