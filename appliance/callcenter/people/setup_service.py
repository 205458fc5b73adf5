"""The first visit to a new box: whoever reads the code on its console may name the administrator."""

import hmac
import os
import secrets
from pathlib import Path

from appliance import clock
from appliance.callcenter.forms import FormError
from appliance.callcenter.people.model import Author, Role, UserDraft
from appliance.callcenter.people.passwords import weakness
from appliance.callcenter.people.sign_in_service import Attempts, LockedError, SignInService
from appliance.callcenter.people.user_service import UserService
from appliance.callcenter.settings.model import Settings
from appliance.callcenter.settings.service import SettingsService
from appliance.errors import ForbiddenError

CODE_LENGTH = 8
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class SetupCode:
    """The code in its file, readable by root and the programs' group only."""

    def __init__(self, state: str) -> None:
        self._file = Path(state) / "secrets" / "setup.code"

    def read(self) -> str:
        """The code; made now when there is none yet."""
        try:
            return self._file.read_text("ascii").strip()
        except FileNotFoundError:
            code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            with os.fdopen(handle, "w") as file:
                file.write(code + "\n")
            return code

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)


class SetupService:
    def __init__(self, code: SetupCode, sign_in: SignInService, users: UserService, settings: SettingsService) -> None:
        self._code = code
        self._sign_in = sign_in
        self._users = users
        self._settings = settings
        self._attempts = Attempts()

    async def prepare(self) -> None:
        """Have the code ready on a new box, so that the console can show it before anybody asks for the page."""
        if await self._sign_in.is_new_box():
            self._code.read()

    async def finish(self, code: str, draft: UserDraft, hospital: str, language: str, address: str) -> None:
        """Make the administrator. Raises FormError, LockedError, ForbiddenError when there is one already."""
        if not await self._sign_in.is_new_box():
            raise ForbiddenError
        self._check_code(code)
        problem = weakness(draft.password, draft.login)
        if problem is not None:
            raise FormError.of("password", problem)
        author = Author(None, draft.login, address)
        await self._users.create_administrator(draft, author)
        await self._settings.save(Settings(hospital_name=hospital, language=language), author)
        self._code.forget()

    def _check_code(self, given: str) -> None:
        """One counter for everybody: there is only one code to guess."""
        now = clock.now_ms()
        if self._attempts.locked("", now):
            raise LockedError
        if not hmac.compare_digest(given.strip().upper().encode(), self._code.read().encode()):
            self._attempts.fail("", now)
            raise FormError.of("code", "This is not the code shown on the console")
        self._attempts.forget("")


def first_administrator(login: str, name: str, password: str, language: str) -> UserDraft:
    return UserDraft(login, name, Role.ADMINISTRATOR, language, active=True, password=password)
