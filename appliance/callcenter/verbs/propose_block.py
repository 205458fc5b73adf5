"""Asking that a caller be put on the blacklist."""

from typing import Annotated

import msgspec

from appliance.callcenter.blacklist.service import BlacklistService
from appliance.callcenter.calls.model import Direction
from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.people.model import Author
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import ConflictError, InvalidError, WrongStateError

LONGEST_REASON = 200


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, told("原因", "why", example="骚扰电话")]
    call: Annotated[
        str, told("通话编号；空表示当前通话或待填小结的通话", "id of the call; empty = the present one")
    ] = ""


class AlreadyListedError(ConflictError):
    code, zh, en = "already-listed", "该号码已在黑名单中或已申请", "This number is on the blacklist or proposed already"


async def run(request: Request, arguments: Arguments) -> Document | None:
    reason = arguments.reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise InvalidError(field="reason")
    number = await _caller(request, arguments.call)
    author = Author(request.actor.user_id, request.actor.login, request.actor.address)
    if not await BlacklistService(request.sessions).propose(number, reason, author):
        raise AlreadyListedError
    return None


async def _caller(request: Request, call: str) -> str:
    """Who called the agent: in the present call, or in the one she writes up. Raises WrongStateError."""
    agent = request.signed_in()
    call = call or agent.call or agent.wrap_up_call
    if not call or call not in {agent.call, agent.wrap_up_call}:
        raise WrongStateError
    live = request.floor.calls.get(call)
    if live is not None:
        direction, caller = live.direction.value, live.caller
    else:
        await request.floor.journal.flushed()
        async with request.sessions() as session:
            row = await session.get(InteractionRow, call)
        direction, caller = (row.direction, row.caller) if row is not None else ("", "")
    if direction != Direction.INBOUND.value:
        raise WrongStateError
    return caller


verb = Verb(
    "propose_block",
    "申请拉黑",
    "Propose for the blacklist",
    "Ask the managers to put the caller on the blacklist; nothing is blocked until one agrees.",
    Arguments,
    run,
    text_zh="请班长把来电号码加入黑名单；班长同意前不起作用。",
)
