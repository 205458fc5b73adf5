"""The islands on plain pages of their own: real browser, real sockets and sessions, call control in memory.

The pages send the same content security policy as the appliance does.
"""

import asyncio
import contextlib
import html
import json
import ssl
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import StaticFileHandler

from appliance.callcenter.people.passwords import Passwords
from appliance.callcenter.people.sign_in_service import SignInService
from appliance.webadmin.base import Handler
from appliance.webadmin.desk import application
from appliance.webadmin.desk.feed import SUBSCRIPTION_LENGTH, Feed
from appliance.webadmin.permissions import PUBLIC
from appliance.webadmin.sessions import Gate
from tests.desk_double import PATIENTS, DeskDouble
from tests.desk_people import people_database
from tests.islands.desk_pages import WorkPages

STATIC = Path(__file__).parents[2] / "appliance" / "webadmin" / "static"
VENDOR = Path("/opt/hcc/vendor")

PANEL = """
<div class="d-flex align-items-center mb-2"><h3 class="m-0">{name}</h3></div>
<dl class="row"><dt class="col-4">科室</dt><dd class="col-8">{department}</dd>
<dt class="col-4">电话</dt><dd class="col-8"><a href="#" data-dial="13800138000">138 0013 8000</a></dd>
<dt class="col-4">出生日期</dt><dd class="col-8">{birth_date}</dd></dl>
<table class="table table-sm"><caption>历史通话</caption><tbody>
<tr><td>10-12 09:30</td><td>呼入</td><td>王芳</td><td>预约挂号</td><td><a href="/calls/1">查看</a></td></tr>
</tbody></table>
"""


class Page(Handler):
    access = PUBLIC

    def get(self, island: str, language: str) -> None:
        peaks = json.dumps(
            [[40 + (i * 7) % 60 if i % 9 < 5 else 2 for i in range(200)], [30 if i % 11 > 6 else 1 for i in range(200)]]
        )
        more = {
            "player": f'data-src="/sound.wav" data-peaks="{html.escape(peaks)}" data-milliseconds="4000"',
            "wallboard": 'data-token="a-valid-token-of-a-wallboard" data-name="大厅" data-hospital="市第一人民医院"',
        }
        self.write(
            f"""<!doctype html><html lang="{language.replace("_", "-")}"><head><meta charset="utf-8">
<title>{island}</title>
<meta name="xsrf-token" content="{self.xsrf_token.decode()}">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/vendor/tabler.css">
<link rel="stylesheet" href="/static/islands/{island}.css"><link rel="stylesheet" href="/shell.css">
<script type="module" src="/static/islands/{island}.js"></script></head>
<body><nav aria-label="main">市第一人民医院</nav><main>
<h1 class="visually-hidden">{island}</h1>
<hcc-{island} data-language="{language}" {more.get(island, "")}></hcc-{island}></main></body></html>"""
        )


class Shell(Handler):
    """A page frame as large as the real one."""

    access = PUBLIC

    def get(self) -> None:
        self.set_header("Content-Type", "text/css")
        self.write("nav{height:3.5rem;padding:1rem;background:#fff} main{padding:0.75rem}")


class Found(Handler):
    access = PUBLIC

    def get(self) -> None:
        wanted = unquote(self.get_argument("q"))
        found = [patient for patient in PATIENTS.values() if wanted in patient["name"] or wanted in "zhangwei wxy"]
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(found))


class NoCallbacks(Handler):
    access = PUBLIC

    def get(self) -> None:
        self.write({"rows": [], "total": 0})


class Panel(Handler):
    access = PUBLIC

    def get(self, patient: str) -> None:
        self.write(PANEL.format(**PATIENTS[int(patient)]))


class Quick(Handler):
    access = PUBLIC

    def post(self) -> None:
        given = json.loads(self.request.body)
        PATIENTS[9] = PATIENTS[2] | {"id": 9, "name": given["name"], "card_number": "", "department": ""}
        self.write(PATIENTS[9])


def write_sound(file: Path) -> None:
    """Four seconds of stereo silence."""
    with wave.open(str(file), "wb") as sound:
        sound.setparams((2, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000 * 4 * 4))


@dataclass
class Islands:
    """A running harness."""

    url: str
    control: DeskDouble
    server: HTTPServer
    feed: Feed
    pages: WorkPages


def certificate(folder: Path) -> ssl.SSLContext:
    """Browsers give a page the microphone and our cookie only over TLS."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=127.0.0.1 -days 2 "
        f"-keyout {key} -out {cert}".split(),
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@contextlib.asynccontextmanager
async def serve(folder: Path, address: str = "127.0.0.1"):
    """Pages /page/<island>/<language> on a free port."""
    control = DeskDouble()
    pages = WorkPages()
    write_sound(folder / "sound.wav")
    async with people_database(folder) as sessions:
        with control.changes.subscribe(SUBSCRIPTION_LENGTH) as subscription:
            feed = Feed(subscription)
            app = application(control, feed, Gate(SignInService(sessions, Passwords())))
            app.add_handlers(
                ".*",
                [
                    (r"/page/(\w+)/(\w+)", Page),
                    (r"/shell.css", Shell),
                    (r"/patients/search.json", Found),
                    (r"/patients/(\d+)/panel", Panel),
                    (r"/patients/quick.json", Quick),
                    (r"/callbacks/open.json", NoCallbacks),
                    *pages.routes(),
                    (r"/(sound.wav)", StaticFileHandler, {"path": str(folder)}),
                    (r"/static/vendor/(.*)", StaticFileHandler, {"path": str(VENDOR)}),
                    (r"/static/(.*)", StaticFileHandler, {"path": str(STATIC)}),
                ],
            )
            server = HTTPServer(app, ssl_options=certificate(folder))
            sockets = bind_sockets(0, address)
            server.add_sockets(sockets)
            task = asyncio.create_task(feed.run())
            yield Islands(f"https://{address}:{sockets[0].getsockname()[1]}", control, server, feed, pages)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            server.stop()
            await server.close_all_connections()
