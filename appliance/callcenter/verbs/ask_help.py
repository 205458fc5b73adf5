"""Asking the shift manager for help."""

from typing import Annotated

import msgspec

from appliance.callcenter.calls.model import Help
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError

MAX_NOTE = 200


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, told("求助说明", "what it is about")] = ""


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    note = " ".join(arguments.note.split())
    if len(note) > MAX_NOTE:
        raise InvalidError(f"{len(note)} > {MAX_NOTE}", field="note")
    since = call.help.since if call.help is not None and call.help.agent == request.agent_id else request.now()
    call.help = Help(request.agent_id, note, since)
    request.floor.touch(call)
    request.floor.touch_agent(request.agent_id)
    return None


verb = Verb(
    "help",
    "求助",
    "Help",
    "Ask the shift manager for help in the present call.",
    Arguments,
    run,
    text_zh="就当前通话向班长求助。",
)
