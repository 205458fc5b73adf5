"""Saying which patient the call is about."""

from functools import partial
from typing import Annotated

import msgspec

from appliance.callcenter.control.entering import callers
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import NotFoundError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    patient_id: Annotated[int | None, told("患者编号；null 表示取消选择", "id of the patient; null for none of them")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    if arguments.patient_id is not None and all(known.id != arguments.patient_id for known in call.patients):
        chosen = await request.floor.journal.transact(partial(callers.by_id, patient_id=arguments.patient_id))
        if chosen is None:
            raise NotFoundError
        call.patients = [*call.patients, chosen]
    call.patient_id = arguments.patient_id
    request.floor.touch(call)
    return None


verb = Verb(
    "choose_patient",
    "选择患者",
    "Choose patient",
    "Name the patient of the present call.",
    Arguments,
    run,
    text_zh="指明当前通话所关于的患者。",
)
