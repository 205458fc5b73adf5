"""Ending somebody else's call."""

from typing import Annotated

import msgspec

from appliance.callcenter.calls.model import Outcome
from appliance.callcenter.control import auditing
from appliance.callcenter.control.lifecycle import finish
from appliance.callcenter.verbs.force_state import notify
from appliance.callcenter.verbs.supervise import REASON_LENGTH, NoTalkError
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError

ENDED = ("班长 {name} 结束了您的通话", "Shift manager {name} ended your call")


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    call: Annotated[str, told("通话编号", "the call")]
    reason: Annotated[str, told("原因，记入审计日志", "why; goes into the audit log")] = ""


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor = request.floor
    call = floor.calls.get(arguments.call)
    if call is None:
        raise NoTalkError
    if len(arguments.reason) > REASON_LENGTH:
        raise InvalidError(field="reason")
    agents = {leg.agent for leg in call.legs() if leg.agent is not None}
    outcome = call.outcome or (Outcome.ANSWERED if call.answered_at is not None else Outcome.FAILED)
    auditing.note(floor, request.actor, "end-call", "call", call.id, arguments.reason.strip())
    finish(floor, call, outcome, "manager")
    for agent in agents & floor.directory.agents.keys():
        notify(floor, agent, ENDED, name=request.actor.shown_name)
    await floor.journal.flushed()
    return None


verb = Verb(
    "end_call",
    "强制挂断",
    "End call",
    "End anybody's call.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="结束任一通话。",
)
