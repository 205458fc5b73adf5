"""Queries about agents."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.extensions.tables import ExtensionRow
from appliance.callcenter.listing import Listing, Results, containing, fetch
from appliance.callcenter.people.model import Agent, AgentDraft, Phone, SkillLevel
from appliance.callcenter.people.tables import AgentRow, QueueAgentRow, UserRow
from appliance.callcenter.queues.store import set_agent_queues
from appliance.callcenter.records import RecordStore
from appliance.callcenter.skills.store import agent_skills, set_agent_skills


class AgentStore(RecordStore[Agent, AgentDraft]):
    row = AgentRow
    searched = (AgentRow.number, UserRow.name, UserRow.login)
    sorts = {"number": AgentRow.number, "name": UserRow.name}  # noqa: RUF012
    order = AgentRow.number

    async def find(self, session: AsyncSession, listing: Listing) -> Results[Agent]:
        query = select(AgentRow).join(UserRow, UserRow.id == AgentRow.user_id)
        if listing.text.strip():
            query = query.where(containing(listing.text, *self.searched))
        rows, total = await fetch(session, query, listing, self.sorts, type(self).order, AgentRow.id)
        return Results(await self.models(session, [row for (row,) in rows]), total, listing)

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Agent, ...]:
        ids = [row.id for row in rows]
        users = await session.scalars(select(UserRow).where(UserRow.id.in_([row.user_id for row in rows])))
        people = {user.id: user for user in users}
        extensions = dict((await session.execute(select(ExtensionRow.id, ExtensionRow.number))).all())
        members: dict[int, list[int]] = {}
        query = select(QueueAgentRow.agent_id, QueueAgentRow.queue_id).where(QueueAgentRow.agent_id.in_(ids))
        for agent_id, queue_id in await session.execute(query):
            members.setdefault(agent_id, []).append(queue_id)
        skills = await agent_skills(session, ids)
        return tuple(
            Agent(
                id=row.id,
                user_id=row.user_id,
                login=people[row.user_id].login,
                name=people[row.user_id].name,
                number=row.number,
                extension_id=row.extension_id,
                extension=extensions.get(row.extension_id or 0, ""),
                phone=Phone(row.phone),
                remote=row.remote,
                active=row.active,
                queue_ids=tuple(sorted(members.get(row.id, ()))),
                skills=tuple(SkillLevel(*one) for one in skills.get(row.id, {}).items()),
            )
            for row in rows
        )

    def values(self, draft: AgentDraft) -> dict[str, Any]:
        return {
            "user_id": draft.user_id,
            "number": draft.number,
            "extension_id": draft.extension_id,
            "phone": draft.phone.value,
            "remote": draft.remote,
            "active": draft.active,
        }

    async def attach(self, session: AsyncSession, record_id: int, draft: AgentDraft) -> None:
        await set_agent_queues(session, record_id, draft.queue_ids)
        await set_agent_skills(session, record_id, draft.skills)


async def has_calls(session: AsyncSession, agent_id: int) -> bool:
    query = select(InteractionRow.id).where(InteractionRow.agent_id == agent_id).limit(1)
    return (await session.scalar(query)) is not None


async def extension_taken(session: AsyncSession, extension_id: int, but: int | None) -> bool:
    query = select(AgentRow.id).where(AgentRow.extension_id == extension_id)
    if but is not None:
        query = query.where(AgentRow.id != but)
    return (await session.scalar(query)) is not None
