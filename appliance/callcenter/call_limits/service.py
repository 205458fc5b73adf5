"""Administering limits of outside calls, and releasing what the alarm has stopped."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock, conditions
from appliance.callcenter.call_limits import store
from appliance.callcenter.call_limits.model import LimitDraft, LimitEntry, Policy
from appliance.callcenter.call_limits.store import LimitStore
from appliance.callcenter.forms import FormError
from appliance.callcenter.people import audit
from appliance.callcenter.people.model import Author
from appliance.callcenter.records import RecordService
from appliance.callcenter.settings.store import bump_revision
from appliance.conditions import Condition
from appliance.db import Sessions

PAST = 100


class LimitService(RecordService[LimitEntry, LimitDraft]):
    kind: ClassVar[str] = "call-limit"

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, LimitStore())

    async def check(self, session: AsyncSession, draft: LimitDraft, record_id: int | None) -> None:
        everything = await store.all_targets(session)
        if everything.get(draft.target, record_id) != record_id:
            raise FormError.of("target", "This is already in use")

    async def policy(self) -> Policy:
        async with self._sessions() as session:
            return await store.policy(session)

    async def save_policy(self, wanted: Policy, author: Author) -> None:
        async with self._sessions() as session, session.begin():
            before = await store.policy(session)
            await store.save_policy(session, wanted)
            old = {name: getattr(before, name) for name in Policy.__struct_fields__}
            changed = [
                f"{name}: {was} → {getattr(wanted, name)}" for name, was in old.items() if was != getattr(wanted, name)
            ]
            await self._changed(session, author, "change", "", "; ".join(changed))


class ConditionService:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def present(self) -> list[Condition]:
        async with self._sessions() as session:
            return await conditions.present(session)

    async def past(self) -> list[Condition]:
        """The latest that are over."""
        async with self._sessions() as session:
            return await conditions.past(session, PAST)

    async def clear(self, condition_id: str, author: Author) -> None:
        """Somebody has dealt with it. Raises NotFoundError."""
        async with self._sessions() as session, session.begin():
            condition = await conditions.clear(session, condition_id, author.login, clock.now_ms())
            audit.note(session, author, "release", "condition", condition.subject, condition.text_en)
            await bump_revision(session)
