"""Whom a call can be given to, with what they are doing right now."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.entering.target_list import listed
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb, told


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    request.signed_in()
    return {"targets": await listed(request.floor)}


class Listed(msgspec.Struct, frozen=True):
    targets: Annotated[
        list[dict[str, str | int]],
        told("转接对象：kind、number、name、state 等", "`kind`, `number`, `name`, `state` of each"),
    ]


verb = Verb(
    "targets",
    "转接对象",
    "Targets",
    "List agents, queues and extensions a call can be given to.",
    NoArguments,
    run,
    text_zh="列出可以转接的坐席、队列和分机及其状态。",
    answer=Listed,
)
