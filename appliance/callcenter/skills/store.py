"""Queries about skills and who has them."""

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.people.model import SkillLevel
from appliance.callcenter.records import RecordStore
from appliance.callcenter.skills.model import Skill, SkillDraft
from appliance.callcenter.skills.tables import AgentSkillRow, SkillRow


class SkillStore(RecordStore[Skill, SkillDraft]):
    row = SkillRow
    searched = (SkillRow.name, SkillRow.description)
    sorts = {"name": SkillRow.name}  # noqa: RUF012
    order = SkillRow.name
    same = ("name", "description")

    async def models(self, session: AsyncSession, rows: list[Any]) -> tuple[Skill, ...]:
        query = select(AgentSkillRow.skill_id, func.count()).group_by(AgentSkillRow.skill_id)
        counts = dict((await session.execute(query)).all())
        return tuple(Skill(**self.alike(row), agents=counts.get(row.id, 0)) for row in rows)


async def agent_skills(session: AsyncSession, agents: list[int] | None = None) -> dict[int, dict[int, int]]:
    """Agent → skill → level; of all agents unless some are named."""
    query = select(AgentSkillRow)
    if agents is not None:
        query = query.where(AgentSkillRow.agent_id.in_(agents))
    known: dict[int, dict[int, int]] = {}
    for row in await session.scalars(query.order_by(AgentSkillRow.skill_id)):
        known.setdefault(row.agent_id, {})[row.skill_id] = row.level
    return known


async def set_agent_skills(session: AsyncSession, agent_id: int, levels: tuple[SkillLevel, ...]) -> None:
    """Make these the skills of the agent."""
    await session.execute(delete(AgentSkillRow).where(AgentSkillRow.agent_id == agent_id))
    known = set(await session.scalars(select(SkillRow.id)))
    session.add_all(
        AgentSkillRow(agent_id=agent_id, skill_id=one.skill_id, level=one.level)
        for one in levels
        if one.skill_id in known
    )
    await session.flush()
