"""Dialling by click."""

import msgspec

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.control import callers, outbound
from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import NotFoundError, NumberNotAllowedError, PbxUnavailableError, WrongStateError
from appliance.pbx.numbers import DOMESTIC, NumberClass, classify

MAY_DIAL = frozenset({AgentState.READY, AgentState.BUSY, AgentState.NOT_ANSWERING, AgentState.WRAP_UP})


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    patient_id: int | None = None


async def run(request: Request, arguments: Arguments) -> Document | None:
    if request.signed_in().state not in MAY_DIAL:
        raise WrongStateError
    target = classify(arguments.number, request.floor.directory.numbering)
    if target.kind not in DOMESTIC and target.kind is not NumberClass.INTERNAL:
        raise NumberNotAllowedError
    async with request.sessions() as session:
        patients = await callers.by_number(session, target.number)
        chosen = await callers.by_id(session, arguments.patient_id) if arguments.patient_id is not None else None
    if arguments.patient_id is not None and chosen is None:
        raise NotFoundError
    if request.signed_in().state not in MAY_DIAL:
        raise WrongStateError
    if not request.floor.pbx_up:
        raise PbxUnavailableError
    call = outbound.click(request.floor, request.agent_id, target)
    call.patients = [chosen] if chosen is not None else patients
    call.patient_id = call.patients[0].id if len(call.patients) == 1 else None
    request.floor.touch(call)
    return {"call": call.id}


verb = Verb("dial", "拨号", "Dial", "Ring the own phone, then the number.", Arguments, run)
