"""Administering skills."""

from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.acd.policy import parse_needs
from appliance.callcenter.forms import FormError
from appliance.callcenter.ivr.flow_store import flows_with_skill
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.records import RecordService
from appliance.callcenter.skills.model import Skill, SkillDraft
from appliance.callcenter.skills.store import SkillStore
from appliance.callcenter.skills.tables import SkillRow
from appliance.db import Sessions
from appliance.errors import ConflictError


class SkillService(RecordService[Skill, SkillDraft]):
    kind: ClassVar[str] = "skill"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, SkillStore())

    async def check(self, session: AsyncSession, draft: SkillDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name", SkillRow.name, draft.name, record_id)
        if record_id is None:
            return
        before = await self._store.get(session, record_id)
        flows = await flows_with_skill(session, before.name) if before.name != draft.name else []
        if flows:
            raise FormError.of("name", "Used by flow: %(flows)s", flows=", ".join(flows))

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        """Agents simply lose it; a queue or flow that asks for it would wait for ever."""
        skill = await self._store.get(session, record_id)
        rows = (await session.execute(select(QueueRow.name, QueueRow.needs))).all()
        used = [name for name, needs in rows if any(need.skill == record_id for need in parse_needs(needs))]
        used += await flows_with_skill(session, skill.name)
        if used:
            raise ConflictError(", ".join(used))
