"""Striking somebody off the list of callbacks and missed calls."""

from typing import Annotated

import msgspec

from appliance.callcenter.callbacks.model import Reason, State
from appliance.callcenter.control.waiting import callbacks
from appliance.callcenter.verbs.call_back import TakenError
from appliance.callcenter.verbs.verb import Document, Offer, Request, Verb, told
from appliance.errors import InvalidError, NotFoundError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    callback: Annotated[str, told("待回拨记录的编号", "id of the callback or missed call")]
    reason: Annotated[str, told("原因", "why it is not needed any more")]


class ReasonMissingError(InvalidError):
    code, zh, en = "reason-missing", "请填写原因（不超过200字）", "Please give a reason (200 characters at most)"


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor = request.floor
    ticket = await callbacks.known(floor, arguments.callback)
    if ticket is None:
        raise NotFoundError
    note = " ".join(arguments.reason.split())
    if not note or len(note) > 200:
        raise ReasonMissingError(field="reason")
    if ticket.state is not State.WAITING or floor.callbacks.key_of(ticket) in floor.calls:
        raise TakenError
    callbacks.close(floor, ticket, State.CANCELLED, Reason.BY_HAND, by=request.actor.login, note=note)
    await floor.journal.flushed()
    return None


verb = Verb(
    "drop_callback",
    "取消回拨",
    "Drop callback",
    "Strike a callback or missed call off the list, with a reason.",
    Arguments,
    run,
    text_zh="从列表中取消一条回拨，须填写原因。",
    offer=Offer.OWN_PAGES,
    audited=True,
)
