"""Leaving a talk that one supervised."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.supervising import supervision
from appliance.callcenter.verbs.supervise_mode import own
from appliance.callcenter.verbs.verb import Document, Request, Verb, told


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    supervision: Annotated[str, told("监听编号", "the supervision")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    supervision.end(request.floor, own(request, arguments.supervision), "left")
    await request.floor.journal.flushed()
    return None


verb = Verb(
    "supervise_end",
    "结束监听",
    "End supervision",
    "Leave the talk; caller and agent go on.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="退出所监听的通话，坐席与来电者继续。",
)
