"""Sending keys into the call."""

from functools import partial
from typing import Annotated

import msgspec

from appliance.callcenter.verbs import talk
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError, WrongStateError
from appliance.text import is_dialable


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digits: Annotated[str, told("按键，可用 0-9 * #", "keys: 0-9 * #", example="1#", secret=True)]


async def run(request: Request, arguments: Arguments) -> Document | None:
    call = request.call()
    if not is_dialable(arguments.digits) or "+" in arguments.digits:
        raise InvalidError(field="digits")
    consult = call.consult
    asked = consult.leg if consult is not None and consult.state == "talking" else None
    other = call.customer if talk.customer_leg(request, call) is None else call.partner
    if other is None or not other.up:
        raise WrongStateError
    channel = asked.channel if asked is not None else other.channel
    request.floor.do(call, partial(request.floor.ari.send_dtmf, channel, arguments.digits))
    return None


verb = Verb(
    "dtmf",
    "按键",
    "Keys",
    "Send keys to the other side.",
    Arguments,
    run,
    text_zh="向对方发送按键。",
)
