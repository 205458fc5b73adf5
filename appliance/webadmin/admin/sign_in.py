"""First visit, signing in and out, one's own account, the language."""

from dataclasses import dataclass
from typing import Any

from appliance.callcenter.forms import FormError, Password, Text, phrase
from appliance.callcenter.forms import read as read_form
from appliance.callcenter.people.setup_service import SetupService, first_administrator
from appliance.callcenter.people.sign_in_service import SignInService
from appliance.callcenter.people.user_service import UserService
from appliance.errors import InvalidError, NotSignedInError, UserError
from appliance.webadmin.admin.page import Page, safe_target
from appliance.webadmin.language import NAMES
from appliance.webadmin.permissions import PUBLIC, SIGNED_IN
from appliance.webadmin.sessions import COOKIE, LANGUAGE_COOKIE

SETUP_FIELDS = (
    Text(
        name="code",
        label=phrase("Set-up code"),
        longest=20,
        help=phrase("Shown on the console of the box, and by the command: hcc admin setup-code"),
    ),
    Text(name="hospital", label=phrase("Hospital name"), longest=40),
    Text(
        name="login",
        label=phrase("Your user name"),
        pattern=r"[a-z0-9][a-z0-9._\-]{1,63}",
        pattern_message=phrase("Two or more of a to z, digits, dot, dash"),
    ),
    Text(name="name", label=phrase("Your name")),
    Password(name="password", label=phrase("Password"), help=phrase("At least 8 characters")),
    Password(name="repeated", label=phrase("Password again")),
)


@dataclass(frozen=True)
class _Setup:
    code: str
    hospital: str
    login: str
    name: str
    password: str
    repeated: str


class SetupPage(Page):
    access = PUBLIC
    open_on_new_box = True

    def initialize(self, setup: SetupService) -> None:
        self._setup = setup

    async def prepare(self) -> None:
        await super().prepare()
        if not await self.gate.is_new_box():
            self.redirect("/", status=303)

    async def get(self) -> None:
        await self._show({}, {})

    async def post(self) -> None:
        try:
            given = read_form(SETUP_FIELDS, self.values(), _Setup)
            if given.password != given.repeated:
                raise FormError.of("repeated", phrase("The two passwords differ"))
            language = self.locale.code
            draft = first_administrator(given.login, given.name, given.password, language)
            await self._setup.finish(given.code, draft, given.hospital, language, self.address)
        except UserError as error:
            self.set_status(error.status)
            await self._show(self.values(), self.form_problems(error))
            return
        self.redirect("/login", status=303)

    async def _show(self, given: dict[str, list[str]], problems: dict[str, str]) -> None:
        await self.render(
            "setup.html",
            title=self.locale.translate("Welcome"),
            fields=SETUP_FIELDS,
            shown=lambda field: "" if field.secret else given.get(field.name, [""])[-1],
            problems=problems,
        )


class LoginPage(Page):
    access = PUBLIC

    def initialize(self, sign_in: SignInService) -> None:
        self._sign_in = sign_in

    async def get(self) -> None:
        if self.viewer is not None:
            self.redirect(self.home(), status=303)
            return
        await self._show("", None)

    async def post(self) -> None:
        login = self.get_body_argument("login", "")
        password = self.get_body_argument("password", "", strip=False)[:1000]
        try:
            token = await self._sign_in.sign_in(login, password, self.address)
        except UserError as error:
            self.set_status(error.status)
            await self._show(login[:64], error.text(self.locale.code))
            return
        self.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax", path="/")
        self.redirect(safe_target(self.get_body_argument("next", "/")), status=303)

    async def _show(self, login: str, problem: str | None) -> None:
        target = self.get_argument("next", "/")
        await self.render(
            "login.html", title=self.locale.translate("Sign in"), login=login, problem=problem, target=target
        )


class LogoutPage(Page):
    access = PUBLIC
    open_before_password_change = True

    def initialize(self, sign_in: SignInService) -> None:
        self._sign_in = sign_in

    async def post(self) -> None:
        if self.viewer is not None:
            await self._sign_in.sign_out(self.viewer, self.address)
        self.clear_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
        self.redirect("/login", status=303)


class LanguagePage(Page):
    """Switches the language, for the user when there is one, else for this browser."""

    access = PUBLIC
    open_on_new_box = True
    open_before_password_change = True

    def initialize(self, users: UserService) -> None:
        self._users = users

    async def post(self) -> None:
        code = self.get_body_argument("language", "")
        if code not in NAMES:
            raise InvalidError
        if self.viewer is not None:
            await self._users.set_language(self.viewer.user_id, code)
        self.set_cookie(LANGUAGE_COOKIE, code, max_age=31_536_000, secure=True, samesite="Lax")
        self.redirect(safe_target(self.get_body_argument("next", "/")), status=303)


class AccountPage(Page):
    """One's own password."""

    access = SIGNED_IN
    open_before_password_change = True

    def initialize(self, sign_in: SignInService) -> None:
        self._sign_in = sign_in

    async def get(self) -> None:
        await self._show({})

    async def post(self) -> None:
        values = {name: self.get_body_argument(name, "", strip=False) for name in ("old", "new", "repeated")}
        try:
            if values["new"] != values["repeated"]:
                raise FormError.of("repeated", phrase("The two passwords differ"))
            await self._sign_in.change_password(self.person, values["old"], values["new"], self.address)
        except NotSignedInError:
            raise
        except UserError as error:
            self.set_status(error.status)
            await self._show(self.form_problems(error))
            return
        self.done("password", "/account" if not self.person.must_change_password else "/")

    async def _show(self, problems: dict[str, str]) -> None:
        await self.render("account.html", title=self.locale.translate("My account"), problems=problems)


def routes(setup: SetupService, sign_in: SignInService, users: UserService) -> list[Any]:
    return [
        (r"/setup", SetupPage, {"setup": setup}),
        (r"/login", LoginPage, {"sign_in": sign_in}),
        (r"/logout", LogoutPage, {"sign_in": sign_in}),
        (r"/language", LanguagePage, {"users": users}),
        (r"/account", AccountPage, {"sign_in": sign_in}),
    ]
