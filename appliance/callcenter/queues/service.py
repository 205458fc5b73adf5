"""Administering queues."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.acd.policy import target_of
from appliance.callcenter.extensions.store import number_owner
from appliance.callcenter.forms import FormError, Problem, phrase
from appliance.callcenter.ivr.flow_store import flows_with_queue
from appliance.callcenter.ivr.tables import FlowRow
from appliance.callcenter.prompts.tables import PromptRow
from appliance.callcenter.queues.model import Queue, QueueDraft
from appliance.callcenter.queues.store import QueueStore, queues_with_target
from appliance.callcenter.queues.tables import QueueRow
from appliance.callcenter.records import RecordService
from appliance.callcenter.settings import store as settings_store
from appliance.callcenter.skills.tables import SkillRow
from appliance.callcenter.trunks.store import DidStore
from appliance.db import Base, Sessions
from appliance.errors import ConflictError

_TARGETS: dict[str, type[Base]] = {"prompt": PromptRow, "queue": QueueRow, "flow": FlowRow}


class QueueService(RecordService[Queue, QueueDraft]):
    kind: ClassVar[str] = "queue"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, QueueStore())
        self._dids = DidStore()

    async def check(self, session: AsyncSession, draft: QueueDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "name", QueueRow.name, draft.name, record_id)
        await self._check_policy(session, draft, record_id)
        if record_id is not None:
            before = await self._store.get(session, record_id)
            if before.number == draft.number:
                return
            await self._refuse_when_in_a_flow(session, before.number)
        digits = (await settings_store.load(session)).extension_digits
        if len(draft.number) != digits:
            raise FormError.of("number", "Internal numbers have %(digits)s digits", digits=digits)
        if await number_owner(session, draft.number) is not None:
            raise FormError.of("number", "This is already in use")

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        used = [f"DID {number}" for number in await self._dids.numbers_of(session, "queue", record_id)]
        queue = await self._store.get(session, record_id)
        used += await flows_with_queue(session, queue.number)
        used += await queues_with_target(session, "queue", record_id)
        if used:
            raise ConflictError(", ".join(used))

    async def _check_policy(self, session: AsyncSession, draft: QueueDraft, record_id: int | None) -> None:
        """What steps and needs name must be there."""
        for line, step in enumerate(draft.steps, 1):
            target = target_of(step.do)
            if target == ("queue", record_id):
                raise FormError({"steps": Problem(phrase("A queue cannot send callers to itself"), line=line)})
            if target is not None and await session.get(_TARGETS[target[0]], target[1]) is None:
                raise FormError({"steps": Problem(phrase("Please choose one"), line=line)})
        for line, need in enumerate(draft.needs, 1):
            if await session.get(SkillRow, need.skill) is None:
                raise FormError({"needs": Problem(phrase("Please choose one"), line=line)})

    async def _refuse_when_in_a_flow(self, session: AsyncSession, number: str) -> None:
        """Flows name queues by their number."""
        flows = await flows_with_queue(session, number)
        if flows:
            raise FormError.of("number", "Used by flow: %(flows)s", flows=", ".join(flows))
