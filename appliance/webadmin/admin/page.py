"""What all pages share: layout, notices, lists from the address, exported files, errors as pages."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from tornado.escape import json_encode

from appliance.callcenter.forms import FormError, Problem
from appliance.callcenter.listing import LARGEST_PAGE_SIZE, PAGE_SIZE, Listing
from appliance.callcenter.settings.model import Settings
from appliance.callcenter.settings.service import SettingsService
from appliance.errors import NotFoundError, NotSignedInError, UserError
from appliance.webadmin.admin import show
from appliance.webadmin.admin.assets import asset, icon
from appliance.webadmin.admin.navigation import HOMES, MENU, NOTICES
from appliance.webadmin.base import Handler, WebApplication
from appliance.webadmin.language import NAMES
from appliance.webadmin.permissions import PUBLIC
from appliance.webadmin.sessions import COOKIE, Gate

NOTICE_COOKIE = "hcc-notice"
LARGEST_PAGE = 100_000


class AdminApplication(WebApplication):
    def __init__(self, routes: list[Any], gate: Gate, hospital: SettingsService, **settings: Any) -> None:
        self.hospital = hospital
        super().__init__(routes, gate, **(settings | {"default_handler_class": UnknownPage}))


class Page(Handler):
    """A handler that answers with HTML (or, where asked, JSON or a file)."""

    open_before_password_change: ClassVar[bool] = False
    json_only: ClassVar[bool] = False
    hospital: Settings = Settings()

    async def prepare(self) -> None:
        self.hospital = await cast("AdminApplication", self.application).hospital.load()
        if not self.open_on_new_box and await self.gate.is_new_box():
            self.redirect("/setup", status=303)
            return
        await super().prepare()
        if self.viewer and self.viewer.must_change_password and not self.open_before_password_change:
            self.redirect("/account", status=303)

    # --- what was asked ---

    def word(self, name: str, longest: int = 100) -> str:
        """A parameter of the address, without blanks at its ends."""
        return self.get_query_argument(name, "")[:longest].strip()

    def whole(self, name: str) -> int | None:
        """A parameter of the address that is a number; anything else counts as absent."""
        value = self.word(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None

    def listing(self) -> Listing:
        """Which part of a list the address names: q, sort, dir, page, size."""
        return Listing(
            text=self.word("q"),
            sort=self.word("sort"),
            descending=self.word("dir") == "desc",
            page=min(max(self.whole("page") or 1, 1), LARGEST_PAGE),
            size=min(max(self.whole("size") or PAGE_SIZE, 1), LARGEST_PAGE_SIZE),
        )

    def values(self) -> dict[str, list[str]]:
        """The fields of a form that was sent."""
        return {name: self.get_body_arguments(name, strip=False) for name in self.request.body_arguments}

    def wants_json(self) -> bool:
        return self.json_only or "application/json" in self.request.headers.get("Accept", "")

    def is_fragment(self) -> bool:
        """Whether a script asks for a piece of a page."""
        return "HX-Request" in self.request.headers

    # --- answers ---

    def when(self, at: int | None) -> str:
        return show.when(at, show.zone(self.hospital.time_zone))

    def address_with(self, **changes: object) -> str:
        """The address of the present page with some parameters changed; None takes one out."""
        given = {name: self.get_query_arguments(name)[-1] for name in self.request.query_arguments}
        wanted = {name: value for name, value in {**given, **changes}.items() if value not in {None, ""}}
        return f"{self.request.path}?{urlencode(wanted)}" if wanted else self.request.path

    def get_template_namespace(self) -> dict[str, Any]:
        return super().get_template_namespace() | {
            "address_with": self.address_with,
            "asset": asset,
            "csrf": self.xsrf_token.decode(),
            "error": None,
            "hospital": self.hospital,
            "icon": icon,
            "languages": NAMES,
            "length": show.length,
            "may": self.may,
            "menu": [entry for entry in MENU if self.viewer and entry.access.allows(self.viewer.role)],
            "notice": self._take_notice,
            "problem_text": self.problem_text,
            "size": show.size,
            "viewer": self.viewer,
            "when": self.when,
        }

    def problem_text(self, problem: Problem) -> str:
        text = self.locale.translate(problem.message) % problem.arguments
        return (
            self.locale.translate("Line %(line)s: %(text)s") % {"line": problem.line, "text": text}
            if problem.line
            else text
        )

    def form_problems(self, error: UserError) -> dict[str, str]:
        """What to write beside each field; "" is the form as a whole."""
        if isinstance(error, FormError):
            return {name: self.problem_text(problem) for name, problem in error.problems.items()}
        return {error.field or "": error.text(self.locale.code)}

    def done(self, notice: str, address: str) -> None:
        """Go to `address`, which then shows the notice."""
        self.set_cookie(NOTICE_COOKIE, notice, max_age=30, secure=True, httponly=True, samesite="Lax")
        self.redirect(address, status=303)

    def _take_notice(self) -> str:
        """Called by the layout, so that only a page that shows the notice uses it up."""
        notice = NOTICES.get(self.get_cookie(NOTICE_COOKIE) or "", "")
        if notice:
            self.clear_cookie(NOTICE_COOKIE, secure=True, httponly=True, samesite="Lax")
        return notice

    async def send_csv(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A file to keep; `header` are message ids. Made in a thread: other pages do not wait for it."""
        words = [self.locale.translate(word) for word in header]
        content = await asyncio.get_running_loop().run_in_executor(None, show.csv_file, words, rows)
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{name}.csv"')
        await self.finish(content)

    def send_json(self, document: object) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json_encode(document))

    def home(self) -> str:
        return HOMES[self.viewer.role] if self.viewer else "/login"

    def show_error(self, error: UserError) -> None:
        if self.wants_json():
            super().show_error(error)
            return
        if isinstance(error, NotSignedInError):
            self._send_to_login()
            return
        self.set_status(error.status)
        if self.is_fragment():
            self.render("error_fragment.html", error=error)
        else:
            self.render("error.html", error=error, title=error.text(self.locale.code))

    def _send_to_login(self) -> None:
        if self.get_cookie(COOKIE):
            self.clear_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
        reading = self.request.method == "GET" and not self.is_fragment()
        target = "/login?" + urlencode({"next": self.request.uri}) if reading else "/login"
        if self.is_fragment():
            self.set_status(401)
            self.set_header("HX-Redirect", "/login")
            self.finish()
        else:
            self.redirect(target if self.request.uri != "/" else "/login", status=303)


class UnknownPage(Page):
    access = PUBLIC
    change_access = PUBLIC
    open_before_password_change = True

    async def prepare(self) -> None:
        await super().prepare()
        if not self._finished:
            raise NotFoundError

    def check_xsrf_cookie(self) -> None:
        """There is nothing here to protect, and «not found» says more than «expired»."""


def safe_target(target: str) -> str:
    """Where to go after signing in: a path of this box, nothing else."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return "/"
    return target
