"""Queries about log-ins and web sessions."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.people.model import Role, Viewer
from appliance.callcenter.people.tables import AgentRow, SessionRow, UserRow
from appliance.clock import Millis


@dataclass(frozen=True)
class Account:
    """What log-in needs to know of a user."""

    id: int
    login: str
    role: Role
    password_hash: str
    active: bool
    failed_logins: int
    locked_until: Millis


@dataclass(frozen=True)
class StoredSession:
    viewer: Viewer
    last_seen_at: Millis
    expires_at: Millis


async def any_user(session: AsyncSession) -> bool:
    return (await session.scalar(select(func.count()).select_from(UserRow))) != 0


async def account(session: AsyncSession, login: str) -> Account | None:
    row = await session.scalar(select(UserRow).where(UserRow.login == login))
    if row is None:
        return None
    return Account(
        row.id, row.login, Role(row.role), row.password_hash, row.active, row.failed_logins, row.locked_until
    )


async def set_failures(session: AsyncSession, user_id: int, failures: int, locked_until: Millis) -> None:
    await session.execute(
        update(UserRow).where(UserRow.id == user_id).values(failed_logins=failures, locked_until=locked_until)
    )


async def set_password(session: AsyncSession, user_id: int, password_hash: str, *, must_change: bool) -> None:
    await session.execute(
        update(UserRow)
        .where(UserRow.id == user_id)
        .values(password_hash=password_hash, must_change_password=must_change, failed_logins=0, locked_until=0)
    )


async def find(session: AsyncSession, token_hash: str) -> StoredSession | None:
    """The session and its user, unless the user was disabled."""
    query = (
        select(SessionRow, UserRow, AgentRow.id)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .outerjoin(AgentRow, (AgentRow.user_id == UserRow.id) & AgentRow.active)
        .where(SessionRow.token_hash == token_hash, UserRow.active)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    stored, user, agent_id = found
    viewer = Viewer(
        user_id=user.id,
        login=user.login,
        name=user.name,
        role=Role(user.role),
        language=user.language,
        agent_id=agent_id,
        must_change_password=user.must_change_password,
        token_hash=token_hash,
    )
    return StoredSession(viewer, stored.last_seen_at, stored.expires_at)


async def touch(session: AsyncSession, token_hash: str, now: Millis) -> None:
    await session.execute(update(SessionRow).where(SessionRow.token_hash == token_hash).values(last_seen_at=now))


async def end(session: AsyncSession, token_hash: str) -> None:
    await session.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash))


async def end_all(session: AsyncSession, user_id: int, *, but: str = "") -> None:
    """End every session of the user, except the one with token hash `but`."""
    await session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.token_hash != but))


async def prune(session: AsyncSession, now: Millis) -> None:
    await session.execute(delete(SessionRow).where(SessionRow.expires_at < now))
