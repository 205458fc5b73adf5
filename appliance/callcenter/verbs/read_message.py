"""An agent confirms that she has read a message."""

from typing import Annotated

import msgspec

from appliance.callcenter.control.supervising import office
from appliance.callcenter.verbs.verb import Document, Offer, Request, Verb, told
from appliance.errors import NotFoundError


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    message: Annotated[str, told("消息编号", "the message")]


async def run(request: Request, arguments: Arguments) -> Document | None:
    message = request.floor.office.messages.get(arguments.message)
    if message is None or request.agent_id not in message.read:
        raise NotFoundError
    if not message.read[request.agent_id]:
        office.mark_read(request.floor, message, request.agent_id)
        await request.floor.journal.flushed()
    return None


verb = Verb(
    "read_message",
    "确认消息",
    "Confirm message",
    "Tell the manager that a message was read.",
    Arguments,
    run,
    text_zh="确认已读班长的消息。",
    offer=Offer.OWN_PAGES,
)
