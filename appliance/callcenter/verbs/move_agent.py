"""Letting an agent serve other queues."""

from typing import Annotated

import msgspec

from appliance.callcenter.control import auditing
from appliance.callcenter.control.supervising import office
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.queues.store import set_agent_queues
from appliance.callcenter.settings.store import bump_revision
from appliance.callcenter.verbs.force_state import notify, seen_agent
from appliance.callcenter.verbs.verb import Document, Request, Verb, told
from appliance.errors import InvalidError

MOVED = ("班长 {name} 调整了您的队列：{queues}", "Shift manager {name} changed your queues: {queues}")


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agent: Annotated[int, told("坐席编号", "id of the agent")]
    queues: Annotated[list[int], told("队列编号", "ids of the queues")]
    permanent: Annotated[bool, told("永久；否则到签出为止", "for good; else until she signs out")] = False
    version: Annotated[int | None, told("操作者所见的版本", "version of the agent that the manager saw")] = None


class NoQueueError(InvalidError):
    code, zh, en = "no-queue", "至少选择一个现有队列", "Choose at least one queue that exists"


async def run(request: Request, arguments: Arguments) -> Document | None:
    floor, queues = request.floor, frozenset(arguments.queues)
    agent = seen_agent(request, arguments.agent, arguments.version)
    if not queues or not queues <= floor.directory.queues.keys():
        raise NoQueueError(field="queues")
    entry, actor = floor.directory.agents[agent.id], request.actor
    names = ", ".join(sorted(floor.directory.queues[queue].name for queue in queues))
    detail = f"{entry.number} {entry.name}: {names}"
    if arguments.permanent:
        author = Author(actor.user_id, actor.login, actor.address)
        async with request.sessions() as session, session.begin():
            await set_agent_queues(session, agent.id, tuple(sorted(queues)))
            audit.note(session, author, "move-for-good", "agent", agent.id, detail)
            await bump_revision(session)
        office.lend(floor, agent.id, None)
    else:
        office.lend(floor, agent.id, None if queues == entry.queues else queues)
        auditing.note(floor, actor, "move", "agent", agent.id, detail)
    notify(floor, agent.id, MOVED, name=actor.shown_name, queues=names)
    await floor.journal.flushed()
    return None


verb = Verb(
    "move_agent",
    "调整队列",
    "Move agent",
    "Let an agent serve other queues, until she signs out or for good.",
    Arguments,
    run,
    "floor.supervise",
    text_zh="调整坐席服务的队列：到签出为止，或永久。",
)
