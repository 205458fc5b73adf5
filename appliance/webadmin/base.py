"""What every handler of both web programs shares: who asks, may they, in which language, and errors.

Both programs build a `WebApplication` and derive handlers from `Handler`, which declare `access` (and
`change_access` where writing needs more). Scripts that POST send the header `X-XSRFToken` with the text of
`<meta name="xsrf-token">`.
"""

import logging
from typing import Any, ClassVar, cast

from tornado.locale import Locale
from tornado.web import Application, HTTPError, RequestHandler

from appliance.callcenter.people.model import Author, Viewer
from appliance.errors import ForbiddenError, InvalidError, NotFoundError, NotSignedInError, UserError
from appliance.webadmin.language import DEFAULT, NAMES, language
from appliance.webadmin.permissions import NOBODY, PUBLIC, Access, Permission, needs
from appliance.webadmin.sessions import COOKIE, LANGUAGE_COOKIE, XSRF_COOKIE, Gate

log = logging.getLogger(__name__)

READING = ("GET", "HEAD", "OPTIONS")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' wss:; media-src 'self' blob:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class UnexpectedError(UserError):
    code, status = "internal", 500
    zh, en = (
        "系统内部错误，已记录，请稍后重试",
        "Something went wrong here; it was logged. Please try again later",
    )


class ExpiredFormError(UserError):
    code, status = "expired-form", 403
    zh, en = "页面已过期，请刷新后重试", "This page is out of date, please reload it and try again"


class NotAllowedMethodError(UserError):
    code, status, zh, en = "method", 405, "不支持的请求方式", "This address does not take such requests"


class WebApplication(Application):
    """Routes plus the gate that all of them stand behind."""

    def __init__(self, routes: list[Any], gate: Gate, **settings: Any) -> None:
        self.gate = gate
        fixed = {
            "xsrf_cookies": True,
            "xsrf_cookie_name": XSRF_COOKIE,
            "xsrf_cookie_kwargs": {"secure": True, "httponly": True, "samesite": "Lax", "path": "/"},
        }
        super().__init__(routes, **({"default_handler_class": UnknownAddress} | settings | fixed))


class Handler(RequestHandler):
    """Answers nobody unless a subclass says whom."""

    access: ClassVar[Access] = NOBODY
    change_access: ClassVar[Access | None] = None
    """For requests that change something; None = the same as `access`."""
    open_on_new_box: ClassVar[bool] = False

    viewer: Viewer | None = None

    @property
    def gate(self) -> Gate:
        return cast("WebApplication", self.application).gate

    @property
    def address(self) -> str:
        """The client's address; the servers take it from nginx's X-Forwarded-For (`xheaders=True`)."""
        return self.request.remote_ip or ""

    @property
    def person(self) -> Viewer:
        """Who asks. Raises NotSignedInError."""
        if self.viewer is None:
            raise NotSignedInError
        return self.viewer

    @property
    def author(self) -> Author:
        return self.person.author(self.address)

    def may(self, *permissions: Permission) -> bool:
        return self.viewer is not None and needs(*permissions).allows(self.viewer.role)

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    async def prepare(self) -> None:
        """Let in only whom the route names. Raises NotSignedInError or ForbiddenError."""
        self.viewer = await self.gate.viewer(self.get_cookie(COOKIE), active=self.counts_as_activity())
        required = self.access
        if self.request.method not in READING and self.change_access is not None:
            required = self.change_access
        if required.allows(self.viewer.role if self.viewer else None):
            return
        if self.viewer is None:
            raise NotSignedInError
        log.warning("%s refused for %s: %s", self.request.method, self.viewer.login, self.request.path)
        raise ForbiddenError

    def counts_as_activity(self) -> bool:
        """Whether a person caused this request; polling must not keep a session alive."""
        return True

    def get_user_locale(self) -> Locale:
        code = self.viewer.language if self.viewer else self.get_cookie(LANGUAGE_COOKIE, "")
        return language(code if code in NAMES else DEFAULT)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The one place where errors become answers."""
        kind, error, _trace = kwargs.get("exc_info", (None, None, None))
        self.show_error(error if isinstance(error, UserError) else _from_status(status_code, kind, error))

    def show_error(self, error: UserError) -> None:
        """Pages override this; JSON is what sockets, scripts and fragments understand."""
        self.set_status(error.status)
        message = error.text(self.locale.code)
        self.finish({"error": {"code": error.code, "message": message, "field": error.field}})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if isinstance(value, UserError):
            return
        super().log_exception(typ, value, tb)


def _from_status(status: int, kind: Any, error: Any) -> UserError:
    """Errors raised by Tornado itself, as ours."""
    if kind is not None and issubclass(kind, HTTPError) and "_xsrf" in str(error):
        return ExpiredFormError()
    known: dict[int, type[UserError]] = {
        400: InvalidError,
        403: ForbiddenError,
        404: NotFoundError,
        405: NotAllowedMethodError,
    }
    return known.get(status, UnexpectedError)()


class UnknownAddress(Handler):
    access = PUBLIC

    async def prepare(self) -> None:
        await super().prepare()
        raise NotFoundError
