"""Saving what the call was about."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.acd.events import WrapUpSaved
from appliance.callcenter.calls.business import is_offered
from appliance.callcenter.calls.wrap_up import WrapUp, queues_of, save
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError, WrongStateError

LATEST_MS = 366 * 86_400_000

type BusinessType = Literal[
    "enquiry", "consultation", "registration", "complaint", "return_visit", "promotion", "other"
]
type Result = Literal["resolved", "forwarded", "follow_up", "no_answer", "wrong_number", "other"]


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    business_type: Annotated[BusinessType, told("业务类型", "kind of business")]
    outcome: Annotated[Result, told("处理结果", "what came of it")]
    notes: Annotated[str, told("备注", "notes", secret=True)] = ""
    patient_id: Annotated[int | None, told("这通电话所关于的患者", "the patient whom the call was about")] = None
    call_again_at: Annotated[
        int | None, told("约定回电的时间（毫秒）", "when the agent promised to call again (milliseconds since 1970)")
    ] = None
    call: Annotated[str, told("通话编号；空表示当前应填的小结", "id of the call; empty = the one that is owed")] = ""


class BusinessTypeError(InvalidError):
    code, zh, en = "business-type", "该队列不使用这个业务类型", "The call's queue does not use this business type"


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.signed_in()
    call = arguments.call or agent.wrap_up_call or agent.call
    if not call or call not in {agent.wrap_up_call, agent.call}:
        raise WrongStateError
    again = arguments.call_again_at
    if again is not None and not request.now() < again < request.now() + LATEST_MS:
        raise InvalidError(field="call_again_at")
    live = request.floor.calls.get(call)
    if live is not None and arguments.patient_id is not None:
        live.patient_id = arguments.patient_id
        request.floor.touch(live)
    if live is None:
        await request.floor.journal.flushed()
    await _check_type(request, call, arguments.business_type)
    await save(
        request.sessions,
        WrapUp(
            call, agent.id, arguments.business_type, arguments.outcome, arguments.notes, arguments.patient_id, again
        ),
    )
    request.floor.distribute(WrapUpSaved(request.now(), agent.id, call))
    return None


async def _check_type(request: Request, call: str, business_type: str) -> None:
    """Of a call that came by several queues each one's types are allowed. Raises BusinessTypeError."""
    known = request.floor.directory.queues
    if not any(queue.business_types for queue in known.values()):
        return
    live = request.floor.calls.get(call)
    if live is not None:
        by = {live.queue, *(segment.queue for segment in live.segments)}
    else:
        by = {*await queues_of(request.sessions, call)}
    if not is_offered(business_type, [known[key].business_types for key in by if key in known]):
        raise BusinessTypeError(field="business_type")


verb = Verb(
    "wrap_up",
    "保存小结",
    "Save wrap-up",
    "Store what the call was about; ends the wrap-up.",
    Arguments,
    run,
    text_zh="保存话后小结，并结束话后整理。",
)
