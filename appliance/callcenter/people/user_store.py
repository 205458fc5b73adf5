"""Queries about users."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.people.model import Role, User, UserDraft
from appliance.callcenter.people.tables import AgentRow, UserRow
from appliance.callcenter.records import RecordStore


class UserStore(RecordStore[User, UserDraft]):
    row = UserRow
    searched = (UserRow.login, UserRow.name)
    sorts = {"login": UserRow.login, "name": UserRow.name, "role": UserRow.role}  # noqa: RUF012
    order = UserRow.login
    same = ("login", "name", "language", "active")

    def model(self, row: UserRow) -> User:
        return User(
            **self.alike(row),
            role=Role(row.role),
            must_change_password=row.must_change_password,
            locked_until=row.locked_until,
            created_at=row.created_at,
        )

    def values(self, draft: UserDraft) -> dict[str, Any]:
        return super().values(draft) | {"role": draft.role.value}

    def at_first(self) -> dict[str, Any]:
        return {"created_at": clock.now_ms()}


async def active_administrators(session: AsyncSession, but: int) -> int:
    """How many besides user `but` can still administer."""
    query = (
        select(func.count())
        .select_from(UserRow)
        .where(UserRow.role == Role.ADMINISTRATOR.value, UserRow.active, UserRow.id != but)
    )
    return await session.scalar(query) or 0


async def has_calls(session: AsyncSession, user_id: int) -> bool:
    query = (
        select(InteractionRow.id)
        .join(AgentRow, AgentRow.id == InteractionRow.agent_id)
        .where(AgentRow.user_id == user_id)
        .limit(1)
    )
    return (await session.scalar(query)) is not None


async def without_agent(session: AsyncSession, besides: int | None) -> list[tuple[int, str, str]]:
    """(id, login, name) of users who could become agents, and of `besides`."""
    taken = select(AgentRow.user_id)
    if besides is not None:
        taken = taken.where(AgentRow.user_id != besides)
    query = (
        select(UserRow.id, UserRow.login, UserRow.name)
        .where(
            UserRow.id.not_in(taken),
            UserRow.active,
            UserRow.role.in_((Role.AGENT.value, Role.MANAGER.value)),
        )
        .order_by(UserRow.login)
    )
    return [(user_id, login, name) for user_id, login, name in (await session.execute(query))]
