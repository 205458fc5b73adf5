"""The admin program for tests: its real pages over HTTP on loopback, a database of its own, no nginx."""

import contextlib
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from appliance import db
from appliance.callcenter.pair.service import PairService
from appliance.config import Config, DatabaseConfig, ListenConfig, PathsConfig
from appliance.webadmin.admin.part import AdminWeb, Services, application

TOKEN = re.compile(r'name="_xsrf" value="([^"]+)"')
REQUEST_SECONDS = 20

type MakePair = Callable[[db.Sessions], PairService]


@dataclass
class Site:
    url: str
    config: Config
    services: Services
    sessions: db.Sessions

    def visitor(self, language: str = "") -> Visitor:
        visitor = Visitor(self.url)
        if language:
            visitor.cookies["hcc-language"] = language
        return visitor

    async def signed_in(self, login: str, password: str) -> Visitor:
        visitor = self.visitor()
        answer = await visitor.post("/login", {"login": login, "password": password}, page="/login")
        assert answer.code == 303, text(answer)
        return visitor


def text(answer: HTTPResponse) -> str:
    return answer.body.decode() if answer.body else ""


def words(answer: HTTPResponse) -> str:
    """What a person reads: the page without tags, blanks made single."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", text(answer))))


def verdict(answer: HTTPResponse) -> str:
    """What became of a request: let in, sent to the log-in, or refused."""
    if answer.code == 303 and answer.headers["Location"].startswith("/login"):
        return "sign in"
    if answer.code in {401, 403}:
        return "sign in" if answer.code == 401 else "refused"
    assert answer.code < 500, text(answer)
    return "in"


@dataclass
class Visitor:
    """A browser without scripts: cookies, forms, no following of redirects."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    client: AsyncHTTPClient = field(default_factory=lambda: AsyncHTTPClient(force_instance=True))

    async def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **(headers or {})}
        request = HTTPRequest(
            self.url + path,
            method,
            headers=sent,
            body=body,
            follow_redirects=False,
            request_timeout=REQUEST_SECONDS,
            allow_nonstandard_methods=True,
            validate_cert=False,
        )
        answer = await self.client.fetch(request, raise_error=False)
        for cookie in answer.headers.get_list("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0].strip('"')
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    async def get(self, path: str, **headers: str) -> HTTPResponse:
        return await self.request("GET", path, headers={name.replace("_", "-"): v for name, v in headers.items()})

    async def token(self, page: str) -> str:
        """The form token of a page, as its hidden input has it."""
        found = TOKEN.search(text(await self.get(page)))
        assert found is not None, f"no form on {page}"
        return found[1]

    async def post(
        self, path: str, fields: dict[str, str | list[str]], *, page: str = "/account", token: str | None = None
    ) -> HTTPResponse:
        """Send a form; `page` is where its token comes from."""
        token = await self.token(page) if token is None else token
        body = urlencode({**fields, "_xsrf": token}, doseq=True).encode()
        return await self.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    async def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> HTTPResponse:
        boundary = "a-boundary-of-the-tests"
        fields = {**fields, "_xsrf": await self.token("/account")}
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = b"".join([*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()])
        return await self.request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    async def follow(self, answer: HTTPResponse) -> HTTPResponse:
        assert answer.code in {302, 303}, text(answer)
        place = urlsplit(answer.headers["Location"])
        return await self.get(place.path + (f"?{place.query}" if place.query else ""))


def config_in(folder: Path, url: str = "") -> Config:
    """A configuration whose every path lies in `folder`; SQLite unless `url` says otherwise."""
    paths = PathsConfig(
        state=str(folder),
        recordings=str(folder / "recordings"),
        prompts=str(folder / "prompts"),
        pbx=str(folder / "pbx"),
        spool=str(folder / "spool"),
    )
    return Config(
        database=DatabaseConfig(url=url or f"sqlite+aiosqlite:///{folder}/hcc.db"),
        paths=paths,
        admin=ListenConfig(port=0),
        desk=ListenConfig(port=1),
    )


def furnished(config: Config, sessions: db.Sessions, pair: MakePair | None) -> Services:
    services = Services(config, sessions)
    if pair is not None:
        services.pair = pair(sessions)
    return services


@contextlib.asynccontextmanager
async def site(config: Config, pair: MakePair | None = None) -> AsyncIterator[Site]:
    """The program's pages on a port of their own. The database must have its schema. `pair`: not this machine's."""
    engine = db.open_engine(config.database.url)
    services = furnished(config, db.sessions(engine), pair)
    web = AdminWeb(config, services)
    await services.renderer.open()
    await web.open()
    try:
        yield Site(f"http://127.0.0.1:{web.port}", config, services, db.sessions(engine))
    finally:
        await web.close()
        await services.renderer.close()
        services.passwords.close()
        await engine.dispose()


def certificate(folder: Path) -> ssl.SSLContext:
    """For browsers, which keep our cookies over TLS only."""
    key, made = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*command, *subject], check=True, capture_output=True, timeout=20)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    return context


@contextlib.asynccontextmanager
async def tls_site(config: Config, folder: Path, pair: MakePair | None = None) -> AsyncIterator[Site]:
    """The same over TLS, for real browsers."""
    engine = db.open_engine(config.database.url)
    services = furnished(config, db.sessions(engine), pair)
    await services.renderer.open()
    server = HTTPServer(application(config, services), ssl_options=certificate(folder))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        port = sockets[0].getsockname()[1]
        yield Site(f"https://127.0.0.1:{port}", config, services, db.sessions(engine))
    finally:
        server.stop()
        await server.close_all_connections()
        await services.renderer.close()
        services.passwords.close()
        await engine.dispose()
