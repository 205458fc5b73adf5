"""Changing how far one is in a talk."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.control.supervising import supervision
from appliance.callcenter.supervision.model import Mode, Supervision
from appliance.callcenter.verbs.supervise import NoTalkError, NotTakenOverError, note
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import ForbiddenError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    supervision: Annotated[str, told("监听编号", "the supervision")]
    mode: Annotated[Literal["listen", "whisper", "barge", "take_over"], told("新的方式", "what it becomes")]


def own(request: Request, key: str) -> Supervision:
    """The actor's own supervision. Raises NoTalkError or ForbiddenError."""
    known = request.floor.office.supervisions.get(key)
    if known is None:
        raise NoTalkError
    if known.actor.user_id != request.actor.user_id:
        raise ForbiddenError
    return known


async def run(request: Request, arguments: Arguments) -> Document | None:
    known, mode = own(request, arguments.supervision), Mode(arguments.mode)
    call = request.floor.calls.get(known.call)
    if call is None:
        raise NoTalkError
    if mode is Mode.TAKE_OVER and not supervision.may_take_over(call):
        raise NotTakenOverError
    if mode is not known.mode:
        supervision.change(request.floor, call, known, mode)
        known.mode = mode
        note(request, known)
        await request.floor.journal.flushed()
    return None


verb = Verb(
    "supervise_mode",
    "切换监听方式",
    "Change supervision",
    "Change between listening, whispering, barging in and taking over.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="在监听、耳语、强插、接管之间切换。",
)
