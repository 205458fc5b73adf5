"""Notes while the call lives: whoever takes it over goes on writing where they end."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.calls.model import Draft
from appliance.callcenter.calls.wrap_up import MAX_NOTES
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.callcenter.verbs.wrap_up import BusinessType, Result
from appliance.errors import InvalidError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    notes: Annotated[str, told("备注", "notes", secret=True)]
    business_type: Annotated[BusinessType | Literal[""], told("业务类型", "kind of business")] = ""
    outcome: Annotated[Result | Literal[""], told("处理结果", "what came of it")] = ""


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    if len(arguments.notes) > MAX_NOTES:
        raise InvalidError(f"{len(arguments.notes)} > {MAX_NOTES}", field="notes")
    call.draft = Draft(request.agent_id, arguments.business_type, arguments.outcome, arguments.notes)
    request.floor.touch(call)
    return None


verb = Verb(
    "note",
    "随记",
    "Note",
    "Keep the notes written so far for whoever takes over.",
    Arguments,
    run,
    text_zh="随通话保存目前的备注，接手的人可以看到。",
)
