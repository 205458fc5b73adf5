"""What every address of WebCTI shares: the key, the origin, the format, errors."""

from http import HTTPStatus
from typing import ClassVar

from tornado.locale import Locale

from appliance.callcenter.integrations.errors import PostOnlyError, TooOftenError
from appliance.callcenter.integrations.model import Caller
from appliance.callcenter.integrations.service import WebCti
from appliance.callcenter.integrations.tokens import PREFIX as TOKEN_PREFIX
from appliance.errors import ForbiddenError, InvalidError, UserError
from appliance.webadmin.base import Handler, NotAllowedMethodError
from appliance.webadmin.language import DEFAULT, NAMES, language
from appliance.webadmin.permissions import PUBLIC
from appliance.webadmin.webcti import formats
from appliance.webadmin.webcti.formats import Document

RESERVED = ("agent", "api_key", "charset", "format", "idempotency_key", "language")
"""Names of a form's fields (and of a JSON request's members) that are not a verb's arguments."""
PREFLIGHT_SECONDS = "600"


class ApiHandler(Handler):
    """Let in by a key or token; no cookie of a person counts here."""

    access = PUBLIC
    """No permission of our own people: `prepare` asks for a key instead."""
    methods: ClassVar[str] = "GET"
    needs_key: ClassVar[bool] = True
    caller: Caller

    def initialize(self, webcti: WebCti) -> None:
        self.webcti = webcti
        self.fields: Document = {}
        self._charset = ""

    def check_xsrf_cookie(self) -> None:
        """Nothing here follows from a cookie, so nobody can be made to send one."""

    @property
    def origin(self) -> str:
        return self.request.headers.get("Origin", "")

    async def prepare(self) -> None:
        self._allow_origin()
        if self.request.method == "OPTIONS":
            return
        known = self._recognised_early()
        if self.request.method == "POST":
            self.fields = self._read()
        if self.request.method not in self.methods.split(", "):
            raise self.refused_method()
        if self.needs_key and not known:
            self._recognise(self.credential())

    def _recognised_early(self) -> bool:
        """Who sends the key in a header is known, or refused, before the body is looked at."""
        given = self._in_header() if self.needs_key else ""
        if given:
            self._recognise(given)
        return bool(given)

    def _recognise(self, credential: str) -> None:
        self.caller = self.webcti.keyring.recognise(credential, self.address, self.origin)

    def refused_method(self) -> UserError:
        return PostOnlyError() if self.methods == "POST" else NotAllowedMethodError()

    def options(self, *_path: str) -> None:
        """A browser asks before it lets a page of another origin ask (Fetch standard, CORS-preflight)."""
        if self.origin not in self.webcti.keyring.origins():
            raise ForbiddenError
        self.set_header("Access-Control-Allow-Methods", self.methods)
        self.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID")
        self.set_header("Access-Control-Max-Age", PREFLIGHT_SECONDS)
        self.set_status(HTTPStatus.NO_CONTENT)

    def _allow_origin(self) -> None:
        self.set_header("Vary", "Origin")
        if self.origin and self.origin in self.webcti.keyring.origins():
            self.set_header("Access-Control-Allow-Origin", self.origin)
            self.set_header("Access-Control-Expose-Headers", "Retry-After, Idempotency-Replayed")
            self.set_header("Cross-Origin-Resource-Policy", "cross-origin")

    def credential(self) -> str:
        """The key or token; in an address only a short-lived token is taken, because addresses end up in logs."""
        given = self._in_header() or self.fields.get("api_key", "")
        if isinstance(given, str) and given:
            return given
        token = self.word("token")
        return token if token.startswith(TOKEN_PREFIX) else ""

    def _in_header(self) -> str:
        kind, _, value = self.request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return value.strip()
        return self.request.headers.get("X-API-Key", "")

    # --- what was asked ---

    def word(self, name: str, longest: int = 1000) -> str:
        return self.get_query_argument(name, "")[:longest].strip()

    def whole(self, name: str, highest: int) -> int | None:
        """A number in the address. Raises InvalidError."""
        value = self.word(name)
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 18) or int(value) > highest:
            raise InvalidError(field=name)
        return int(value)

    def _read(self) -> Document:
        """The body, JSON or a form. Raises InvalidError."""
        kind, charset = formats.content_type(self.request.headers.get("Content-Type", ""))
        self._charset = charset
        if kind == formats.FORM:
            fields = formats.read_form(self.request.body, charset)
            self._charset = formats.charset_of(fields.get("charset", "")) or charset
            return fields
        if kind == "application/json" or not self.request.body:
            return formats.read_json(self.request.body)
        raise formats.WrongFormatError

    @property
    def is_form(self) -> bool:
        return formats.content_type(self.request.headers.get("Content-Type", ""))[0] == formats.FORM

    def text_field(self, name: str) -> str:
        """A member of the body that must be a text. Raises InvalidError."""
        value = self.fields.get(name, "")
        if not isinstance(value, str) or len(value) > 200:
            raise InvalidError(field=name)
        return value

    # --- answers ---

    def get_user_locale(self) -> Locale:
        """The language asked for in the request, else Chinese."""
        wanted = self.fields.get("language") or self.word("language") or self.request.headers.get("Accept-Language", "")
        code = "en" if str(wanted).lower().startswith("en") else DEFAULT
        return language(code if code in NAMES else DEFAULT)

    @property
    def wanted_format(self) -> str:
        wanted = str(self.fields.get("format", "")) or self.word("format")
        return wanted if wanted in formats.CONTENT_TYPES else formats.JSON

    def answer(self, document: Document, status: int = 200) -> None:
        kind, charset = self.wanted_format, self._charset or "utf-8"
        if kind == formats.JSON:
            charset = "utf-8"
        self.set_status(status)
        self.set_header("Content-Type", f"{formats.CONTENT_TYPES[kind]}; charset={charset}")
        self.finish(formats.encode(document, kind, charset))

    def show_error(self, error: UserError) -> None:
        self._allow_origin()  # Tornado has dropped all headers; without these a page cannot read the error
        if isinstance(error, TooOftenError):
            self.set_header("Retry-After", str(error.seconds))
        if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", self.methods)
        if error.status == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", "Bearer")
        self.answer({"ok": False, "error": formats.error_document(error, self.locale.code)}, error.status)

    def arguments(self) -> Document:
        """What of the body is a verb's."""
        return {name: value for name, value in self.fields.items() if name not in RESERVED}
