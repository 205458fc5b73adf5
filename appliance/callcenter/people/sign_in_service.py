"""Signing in and out of the web, and the sessions in between."""

import hashlib
import secrets
from collections import OrderedDict

from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.forms import FormError
from appliance.callcenter.people import audit, sign_in_store
from appliance.callcenter.people.model import Author, Role, Viewer
from appliance.callcenter.people.passwords import Passwords, weakness
from appliance.callcenter.people.tables import SessionRow
from appliance.callcenter.settings import store as settings_store
from appliance.clock import Millis
from appliance.db import Sessions
from appliance.errors import UserError

FAILURES_BEFORE_LOCK = 5
LOCK_MS = 5 * 60_000
LONGEST_SESSION_MS = 24 * 3_600_000
TOUCH_MS = 60_000
STRANGERS = 10_000


class WrongLogInError(UserError):
    code, status, zh, en = "wrong-log-in", 401, "用户名或密码错误", "Wrong user name or password"


class LockedError(UserError):
    code, status = "locked", 429
    zh, en = "登录失败次数过多，请 5 分钟后再试", "Too many failed attempts, please try again in 5 minutes"


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Attempts:
    """Failures of names that belong to nobody: they lock like real ones, so that real ones stay unknown."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, Millis]] = OrderedDict()

    def locked(self, name: str, now: Millis) -> bool:
        return self._failures.get(name, (0, 0))[1] > now

    def fail(self, name: str, now: Millis) -> None:
        count, until = self._failures.pop(name, (0, 0))
        count = 1 if 0 < until <= now else count + 1
        self._failures[name] = (count, now + LOCK_MS if count >= FAILURES_BEFORE_LOCK else 0)
        if len(self._failures) > STRANGERS:
            self._failures.popitem(last=False)

    def forget(self, name: str) -> None:
        self._failures.pop(name, None)


class SignInService:
    def __init__(self, sessions: Sessions, passwords: Passwords) -> None:
        self._sessions = sessions
        self._passwords = passwords
        self._strangers = Attempts()
        self._has_users = False

    async def is_new_box(self) -> bool:
        """Whether no user exists yet, so that the first administrator must be made."""
        if not self._has_users:
            async with self._sessions() as session, session.begin():
                self._has_users = await sign_in_store.any_user(session)
        return not self._has_users

    async def sign_in(self, login: str, password: str, address: str) -> str:
        """Start a session and return its token.

        Raises WrongLogInError or LockedError, the same for real and unknown names.
        """
        login = login.strip()[:64]
        now = clock.now_ms()
        async with self._sessions() as session, session.begin():
            account = await sign_in_store.account(session, login)
        known = account is not None and account.active
        locked_until = account.locked_until if account is not None and known else 0
        if locked_until > now or self._strangers.locked(login, now):
            raise LockedError
        stored = account.password_hash if account is not None and known else ""
        if not await self._passwords.verify(stored, password) or account is None:
            await self._failed(account if known else None, login, address, now)
            raise WrongLogInError
        async with self._sessions() as session, session.begin():
            await sign_in_store.set_failures(session, account.id, 0, 0)
            audit.note(session, Author(account.id, account.login, address), "sign-in", "user", account.id)
            return await self._start(session, account.id, address, now)

    async def _failed(self, account: sign_in_store.Account | None, login: str, address: str, now: Millis) -> None:
        if account is None:
            self._strangers.fail(login, now)
        async with self._sessions() as session, session.begin():
            if account is not None:
                before = 0 if 0 < account.locked_until <= now else account.failed_logins
                until = now + LOCK_MS if before + 1 >= FAILURES_BEFORE_LOCK else 0
                await sign_in_store.set_failures(session, account.id, before + 1, until)
            user_id = account.id if account is not None else None
            audit.note(session, Author(user_id, login, address), "sign-in-failed", "user", user_id or "")

    async def _start(self, session: AsyncSession, user_id: int, address: str, now: Millis) -> str:
        await sign_in_store.prune(session, now)
        token = secrets.token_urlsafe(32)
        session.add(
            SessionRow(
                token_hash=token_hash(token),
                user_id=user_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + LONGEST_SESSION_MS,
                address=address[:64],
            )
        )
        return token

    async def find(self, token: str, *, active: bool = True) -> Viewer | None:
        """Who the session belongs to; None when unknown, idle too long, or the user was disabled.

        `active` counts this as a sign of life; checks that run by themselves pass False.
        """
        now = clock.now_ms()
        async with self._sessions() as session, session.begin():
            stored = await sign_in_store.find(session, token_hash(token))
            if stored is None or stored.expires_at <= now:
                return None
            settings = await settings_store.load(session)
            administrator = stored.viewer.role is Role.ADMINISTRATOR
            minutes = settings.administrator_idle_minutes if administrator else settings.staff_idle_minutes
            if stored.last_seen_at + minutes * 60_000 <= now:
                await sign_in_store.end(session, stored.viewer.token_hash)
                return None
            if active and stored.last_seen_at + TOUCH_MS <= now:
                await sign_in_store.touch(session, stored.viewer.token_hash, now)
            return stored.viewer

    async def sign_out(self, viewer: Viewer, address: str) -> None:
        async with self._sessions() as session, session.begin():
            await sign_in_store.end(session, viewer.token_hash)
            audit.note(session, viewer.author(address), "sign-out", "user", viewer.user_id)

    async def change_password(self, viewer: Viewer, old: str, new: str, address: str) -> None:
        """Set one's own password and end one's other sessions. Raises FormError for the field at fault."""
        async with self._sessions() as session, session.begin():
            account = await sign_in_store.account(session, viewer.login)
        if account is None or not await self._passwords.verify(account.password_hash, old):
            raise FormError.of("old", "The present password is wrong")
        problem = weakness(new, viewer.login)
        if problem is not None:
            raise FormError.of("new", problem)
        hashed = await self._passwords.hash(new)
        async with self._sessions() as session, session.begin():
            await sign_in_store.set_password(session, viewer.user_id, hashed, must_change=False)
            await sign_in_store.end_all(session, viewer.user_id, but=viewer.token_hash)
            audit.note(session, viewer.author(address), "change-password", "user", viewer.user_id)
