"""Becoming ready for calls."""

from appliance.callcenter.acd.events import BecameReady
from appliance.callcenter.verbs.verb import Document, NoArguments, Request, Verb
from appliance.errors import WrongStateError


class FormOwedError(WrongStateError):
    code, zh, en = "form-owed", "请先填写并保存话后小结", "Please save the wrap-up form first"


async def run(request: Request, _arguments: NoArguments) -> Document | None:
    agent = request.signed_in()
    if agent.wrap_up_call:
        raise FormOwedError
    request.floor.distribute(BecameReady(request.now(), agent.id))
    return None


verb = Verb(
    "ready",
    "就绪",
    "Ready",
    "Take calls; during a call: after it.",
    NoArguments,
    run,
    text_zh="就绪，可以接听来电；通话中则在通话结束后生效。",
)
