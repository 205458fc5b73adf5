"""Saying which patient the call is about."""

import msgspec

from appliance.callcenter.control import callers
from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import NotFoundError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    patient_id: int | None


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    if arguments.patient_id is not None and all(known.id != arguments.patient_id for known in call.patients):
        async with request.sessions() as session:
            chosen = await callers.by_id(session, arguments.patient_id)
        if chosen is None:
            raise NotFoundError
        call.patients = [*call.patients, chosen]
    call.patient_id = arguments.patient_id
    request.floor.touch(call)
    return None


verb = Verb("choose_patient", "选择患者", "Choose patient", "Name the patient of the present call.", Arguments, run)
