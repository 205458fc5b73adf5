"""A manager's message to agents."""

from typing import Annotated, Literal

import msgspec

from appliance.callcenter.acd.model import AgentState
from appliance.callcenter.control import auditing
from appliance.callcenter.control.supervising import office
from appliance.callcenter.supervision.model import StaffMessage
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.db import new_id
from appliance.errors import InvalidError

LONGEST = 500


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    to: Annotated[Literal["agent", "queue", "all"], told("发给谁", "to whom")]
    text: Annotated[str, told("内容", "what it says")]
    id: Annotated[int, told("坐席或队列编号", "id of the agent or queue")] = 0


class Answer(msgspec.Struct, frozen=True):
    message: Annotated[str, told("消息编号", "the message")]
    recipients: Annotated[int, told("收件人数", "how many get it")]


class NobodyError(InvalidError):
    code, zh, en = "nobody", "没有在线的收件人", "There is nobody to read it"


async def run(request: Request, arguments: Arguments) -> Document | None:
    text = arguments.text.strip()
    if not text or len(text) > LONGEST:
        raise InvalidError(field="text")
    recipients = _recipients(request, arguments)
    if not recipients:
        raise NobodyError
    target = "all" if arguments.to == "all" else f"{arguments.to}:{arguments.id}"
    actor, now = request.actor, request.now()
    message = StaffMessage(
        new_id(), now, actor.user_id, actor.shown_name, target, text, dict.fromkeys(sorted(recipients), 0)
    )
    office.send(request.floor, message)
    auditing.note(request.floor, actor, "message", *_subject(arguments), text)
    await request.floor.journal.flushed()
    return {"message": message.id, "recipients": len(recipients)}


def _recipients(request: Request, arguments: Arguments) -> set[int]:
    """One agent whether she works or not; of a queue or of all those who are signed in."""
    floor = request.floor
    if arguments.to == "agent":
        return {arguments.id} & floor.directory.agents.keys()
    here = {key for key in floor.directory.agents if floor.agent(key).state is not AgentState.SIGNED_OUT}
    if arguments.to == "all":
        return here
    return {key for key in here if arguments.id in office.queues_of(floor, floor.directory.agents[key])}


def _subject(arguments: Arguments) -> tuple[str, int | str]:
    return ("agent", "") if arguments.to == "all" else (arguments.to, arguments.id)


verb = Verb(
    "send_message",
    "发送消息",
    "Send message",
    "Write to one agent, to those who serve a queue, or to all; shown until it is confirmed.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="给一名坐席、一个队列的坐席或全体发消息，坐席确认前一直显示。",
    answer=Answer,
)
