"""Administering users."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.forms import FormError
from appliance.callcenter.people import audit, sign_in_store, user_store
from appliance.callcenter.people.model import Author, Role, User, UserDraft
from appliance.callcenter.people.passwords import Passwords, weakness
from appliance.callcenter.people.tables import UserRow
from appliance.callcenter.people.user_store import UserStore
from appliance.callcenter.records import RecordService
from appliance.db import Sessions
from appliance.errors import ConflictError, InvalidError


class LastAdministratorError(ConflictError):
    code, zh, en = "last-administrator", "至少要保留一个可用的管理员", "At least one administrator must remain"


class HasCallsError(ConflictError):
    code = "has-calls"
    zh, en = "已有通话记录，不能删除，请改为停用", "There are calls on record: disable instead of deleting"


class UserService(RecordService[User, UserDraft]):
    kind: ClassVar[str] = "user"
    hidden: ClassVar[frozenset[str]] = frozenset({"password"})

    def __init__(self, sessions: Sessions, passwords: Passwords) -> None:
        super().__init__(sessions, UserStore())
        self._passwords = passwords

    async def create(self, draft: UserDraft, author: Author) -> int:
        if not draft.password:
            raise FormError.of("password", "Please fill this in")
        user_id = await super().create(draft, author)
        await self._set_password(user_id, draft.password, must_change=True)
        return user_id

    async def change(self, record_id: int, draft: UserDraft, author: Author) -> None:
        await super().change(record_id, draft, author)
        if draft.password:
            own = record_id == author.user_id
            await self._set_password(record_id, draft.password, must_change=not own)

    async def set_password(self, login: str, password: str, author: Author) -> None:
        """For the console: set a password that holds, unlock the user, end their sessions. Raises InvalidError."""
        problem = weakness(password, login)
        if problem is not None:
            raise InvalidError(problem, field="password")
        async with self._sessions() as session, session.begin():
            account = await sign_in_store.account(session, login)
            if account is None:
                raise InvalidError(login, field="login")
            audit.note(session, author, "reset-password", self.kind, account.id)
        await self._set_password(account.id, password, must_change=False)

    async def create_administrator(self, draft: UserDraft, author: Author) -> int:
        """The first user of a new box; the password is their own choice. Raises ConflictError when there is one."""
        hashed = await self._passwords.hash(draft.password)
        async with self._sessions() as session, session.begin():
            if await sign_in_store.any_user(session):
                raise ConflictError
            user_id = await self._store.insert(session, draft)
            await sign_in_store.set_password(session, user_id, hashed, must_change=False)
            audit.note(session, author, "create", self.kind, user_id, f"login: {draft.login}; role: {draft.role}")
            return user_id

    async def set_language(self, user_id: int, language: str) -> None:
        async with self._sessions() as session, session.begin():
            row = await session.get(UserRow, user_id)
            if row is not None:
                row.language = language

    async def candidates_for_agent(self, besides: int | None) -> list[tuple[int, str, str]]:
        async with self._sessions() as session, session.begin():
            return await user_store.without_agent(session, besides)

    async def unlock(self, user_id: int, author: Author) -> None:
        async with self._sessions() as session, session.begin():
            await sign_in_store.set_failures(session, user_id, 0, 0)
            audit.note(session, author, "unlock", self.kind, user_id)

    async def check(self, session: AsyncSession, draft: UserDraft, record_id: int | None) -> None:
        await self.refuse_taken(session, "login", UserRow.login, draft.login, record_id)
        stays = draft.active and draft.role is Role.ADMINISTRATOR
        if record_id is not None and not stays:
            await self._keep_an_administrator(session, record_id)

    async def check_delete(self, session: AsyncSession, record_id: int) -> None:
        await self._keep_an_administrator(session, record_id)
        if await user_store.has_calls(session, record_id):
            raise HasCallsError

    async def after_change(self, session: AsyncSession, before: User, draft: UserDraft) -> None:
        if not draft.active or draft.role != before.role:
            await sign_in_store.end_all(session, before.id)

    async def _keep_an_administrator(self, session: AsyncSession, user_id: int) -> None:
        user = await self._store.get(session, user_id)
        was = user.active and user.role is Role.ADMINISTRATOR
        if was and await user_store.active_administrators(session, user_id) == 0:
            raise LastAdministratorError

    async def _set_password(self, user_id: int, password: str, *, must_change: bool) -> None:
        hashed = await self._passwords.hash(password)
        async with self._sessions() as session, session.begin():
            await sign_in_store.set_password(session, user_id, hashed, must_change=must_change)
            await sign_in_store.end_all(session, user_id)


def is_locked(user: User) -> bool:
    return user.locked_until > clock.now_ms()
