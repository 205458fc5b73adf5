"""Sending keys into the call."""

from functools import partial

import msgspec

from appliance.callcenter.verbs.verb import Document, Request, Verb
from appliance.errors import InvalidError, WrongStateError
from appliance.text import is_dialable


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digits: str


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    if not is_dialable(arguments.digits) or "+" in arguments.digits:
        raise InvalidError(field="digits")
    if call.customer is None or not call.customer.up:
        raise WrongStateError
    request.floor.do(call, partial(request.floor.ari.send_dtmf, call.customer.channel, arguments.digits))
    return None


verb = Verb("dtmf", "按键", "Keys", "Send keys to the other side.", Arguments, run)
