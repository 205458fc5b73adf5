"""Becoming ready for calls."""

from typing import Annotated

import msgspec

from appliance.callcenter.acd.events import BecameReady
from appliance.callcenter.control.supervising import office
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import WrongStateError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Annotated[int | None, told("操作者所见的版本", "version of herself that the agent saw")] = None


class FormOwedError(WrongStateError):
    code, zh, en = "form-owed", "请先填写并保存话后小结", "Please save the wrap-up form first"


async def run(request: Request, arguments: Arguments) -> Document | None:
    agent = request.signed_in()
    office.check_first(request.floor, agent.id, arguments.version)
    if agent.wrap_up_call:
        raise FormOwedError
    request.floor.distribute(BecameReady(request.now(), agent.id))
    return None


verb = Verb(
    "ready",
    "就绪",
    "Ready",
    "Take calls; during a call: after it.",
    Arguments,
    run,
    text_zh="就绪，可以接听来电；通话中则在通话结束后生效。",
)
