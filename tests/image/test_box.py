"""The image as a box: everything up, fenced in, telling nobody more than it must, coming back by itself."""

import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from typing import Any

import pytest

from tests.box import Box, Bridge, wait_until

OWN_UNITS = (
    "asterisk",
    "hcc-admin",
    "hcc-cluster-care",
    "hcc-console",
    "hcc-desk",
    "hcc-etcd",
    "hcc-firstboot",
    "hcc-ha-agent",
    "hcc-postgresql",
    "hcc-prepare",
    "hcc-recordings",
    "hcc-replica",
    "hcc-witness",
    "nginx",
)
POSTGRESQL = '[database]\nurl = "postgresql+psycopg://hcc@/hcc?host=/run/postgresql"\n'
KNOWN_WARNINGS = re.compile(
    r"Failed to read pids\.max"  # the container has no such controller on hosts of the old cgroup layout
)


@pytest.fixture(scope="module")
def postgresql_box(bridge: Bridge) -> Iterator[Box]:
    with Box("database", "10.99.0.11", bridge, config=POSTGRESQL, persist=True) as box:
        box.boot()
        box.wait_running()
        yield box


def ask(box: Box, path: str, **headers: str) -> tuple[int, Message]:
    """Status and headers of a GET; redirects are not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=anybody), Stay())
    try:
        with opener.open(urllib.request.Request(box.url + path, headers=headers), timeout=10) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_every_unit_is_up_and_the_journal_has_no_warning(box: Box) -> None:
    assert box.run("systemctl", "is-system-running").strip() == "running"
    lines = [f"{entry.get('_SYSTEMD_UNIT')}: {entry.get('MESSAGE')}" for entry in box.journal(priority="warning")]
    assert not [line for line in lines if not KNOWN_WARNINGS.search(line)]


@pytest.mark.parametrize("unit", OWN_UNITS)
def test_own_unit_is_fenced_in(box: Box, unit: str) -> None:
    verdict = box.run("systemd-analyze", "security", "--no-pager", f"{unit}.service").splitlines()[-1]
    exposure = float(re.search(r": ([0-9.]+)", verdict)[1])
    assert exposure < 4.0, verdict


def test_only_the_known_doors_are_open(box: Box) -> None:
    lines = box.run("ss", "-Hlntu").splitlines()
    doors = {(line.split()[0], line.split()[4]) for line in lines}
    outside = {(kind, address.rpartition(":")[2]) for kind, address in doors if not address.startswith("127.")}
    fixed = {door for door in outside if int(door[1]) < 32768}
    assert fixed == {("tcp", "80"), ("tcp", "443"), ("tcp", "5060"), ("udp", "5060")}


@pytest.mark.req("HA-1")
def test_the_kernel_is_set_for_an_address_that_comes_and_goes(box: Box) -> None:
    file = box.run("cat", "/usr/lib/sysctl.d/60-hcc.conf")
    wanted = dict(line.split(" = ") for line in file.splitlines() if not line.startswith("#"))
    assert len(wanted) > 5
    paths = [f"/proc/sys/{name.replace('.', '/')}" for name in wanted]
    assert box.run("cat", *paths).split() == list(wanted.values())


def test_secrets_are_for_their_users_only(box: Box) -> None:
    found = box.run("find", "/run/hcc", "/var/lib/hcc/secrets", "/var/lib/hcc/tls", "-type", "f", "-perm", "/o=r")
    assert found.split() == ["/var/lib/hcc/tls/appliance.crt"]
    secret = box.run("cat", "/run/hcc/ari.secret").strip()
    assert re.fullmatch(r"[0-9a-f]{64}", secret)
    told = box.run("bash", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'")
    assert secret not in told
    assert secret not in box.journal_text()
    for unit in ("asterisk", "nginx"):
        box.run("systemctl", "is-active", unit)
    refused = box.run("head", "-c1", "/run/hcc/ari.secret", user="www-data", check=False)
    assert refused == ""


def test_two_boxes_have_different_secrets(box: Box, postgresql_box: Box) -> None:
    for path in ("/run/hcc/ari.secret", "/var/lib/hcc/secrets/web-phone.key", "/var/lib/hcc/tls/appliance.key"):
        assert box.run("sha256sum", path) != postgresql_box.run("sha256sum", path)


def test_certificate_names_the_address(box: Box) -> None:
    text = box.run("openssl", "x509", "-in", "/var/lib/hcc/tls/appliance.crt", "-noout", "-ext", "subjectAltName")
    assert f"IP Address:{box.address}" in text
    assert f"DNS:{box.name}" in text


@pytest.mark.parametrize("path", ["/", "/login", "/static/vendor/jssip.js", "/no-such-page", "/desk/live.json"])
def test_every_answer_carries_the_security_headers_once(box: Box, path: str) -> None:
    _, headers = ask(box, path)
    policy = headers.get_all("Content-Security-Policy", [])
    assert len(policy) == 1
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy[0]
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert headers["Server"] == "nginx"


def test_static_files_with_a_hash_are_kept_by_the_browser(box: Box) -> None:
    assert "immutable" in ask(box, "/static/vendor/jssip.js?v=1234")[1]["Cache-Control"]
    assert ask(box, "/static/vendor/jssip.js")[1]["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/ari/channels",
        "/ws",
        "/static/../programs.py",
        "/static/..%2fprograms.py",
        "/static/vendor../app/appliance/programs.py",
        "/.%2e/.%2e/etc/passwd",
    ],
)
def test_nothing_behind_the_front_can_be_reached(box: Box, path: str) -> None:
    assert ask(box, path)[0] in {303, 400, 403, 404}


def test_telephone_door_is_closed_without_a_session(box: Box) -> None:
    status, _ = ask(
        box,
        "/sip",
        **{
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Protocol": "sip",
        },
    )
    assert status in {401, 403}
    assert ask(box, "/desk/sip-auth")[0] == 404


@pytest.mark.req("OPS-6")
def test_console_of_a_new_box_shows_the_address_and_the_code(box: Box) -> None:
    code = box.run("cat", "/var/lib/hcc/secrets/setup.code").strip()
    wait_until(lambda: code in box.run("cat", "/run/issue.d/hcc.issue", check=False), 10, "the code is on the console")
    assert box.url in box.run("cat", "/run/issue.d/hcc.issue")


def test_manifest_says_what_is_inside(box: Box) -> None:
    packages = dict(line.split()[::2] for line in box.run("cat", "/usr/share/hcc/manifest/debian").splitlines())
    assert re.fullmatch(r"[0-9a-f]{64}", packages["asterisk"])
    assert "tornado==" in box.run("cat", "/usr/share/hcc/manifest/python")
    assert box.run("cat", "/usr/share/hcc/manifest/date").startswith("20")


@pytest.mark.req("HA-5")
@pytest.mark.parametrize(("unit", "seconds"), [("hcc-desk", 5), ("hcc-admin", 5), ("asterisk", 5), ("nginx", 5)])
def test_killed_program_is_back(postgresql_box: Box, unit: str, seconds: float) -> None:
    before = postgresql_box.main_process(unit)
    started = time.monotonic()
    postgresql_box.kill(f"{unit}.service")
    wait_until(
        lambda: postgresql_box.main_process(unit) not in {0, before} and postgresql_box.state_of(unit) == "active",
        seconds,
        f"{unit} is back",
    )
    print(f"{unit} back after {time.monotonic() - started:.1f} s")


def test_postgresql_is_used_when_the_configuration_says_so(postgresql_box: Box) -> None:
    tables = postgresql_box.run("psql", "--tuples-only", "--command=\\dt", "hcc", user="hcc")
    assert "interaction" in tables
    assert postgresql_box.run("psql", "--command=select 1", "hcc", user="www-data", check=False) == ""
    assert postgresql_box.run("ss", "-Hlnt", "sport = 5432") == ""


def test_box_is_the_same_after_a_restart_and_after_a_power_cut(postgresql_box: Box) -> None:
    key = postgresql_box.run("sha256sum", "/var/lib/hcc/secrets/web-phone.key", "/var/lib/hcc/tls/appliance.key")
    secret = postgresql_box.run("cat", "/run/hcc/ari.secret")
    for end in (postgresql_box.stop, postgresql_box.pull_plug):
        end()
        postgresql_box.boot()
        postgresql_box.wait_running()
        names = ("/var/lib/hcc/secrets/web-phone.key", "/var/lib/hcc/tls/appliance.key")
        assert postgresql_box.run("sha256sum", *names) == key
        assert postgresql_box.run("cat", "/run/hcc/ari.secret") != secret


WRONG = {
    "[desk]\nport = 8701\ncolour = 'red'\n": "/etc/hcc/hcc.toml: line 3: ",
    "[desk\n": "/etc/hcc/hcc.toml: ",
    "log_level = 5\n": "/etc/hcc/hcc.toml: line 1: ",
}


def test_wrong_configuration_refuses_to_start_and_says_where(bridge: Bridge) -> None:
    """At boot, and when it became wrong later."""
    first, *others = WRONG
    with Box("wrong", "10.99.0.12", bridge, config=first) as box:

        def gives_up(text: str, since: str) -> None:
            wait_until(lambda: box.state_of("hcc-desk") == "failed", 30, "desk has given up")
            assert WRONG[text] in box.journal_text(unit="hcc-desk", since=since), text
            restarts = box.run("systemctl", "show", "--property=NRestarts", "--value", "hcc-desk").strip()
            assert restarts == "0"

        box.boot()
        gives_up(first, "")
        for text in others:
            box.path("/etc/hcc/hcc.toml").write_text(text)
            since = box.run("date", "+%Y-%m-%d %H:%M:%S.%6N").strip()
            box.run("systemctl", "restart", "hcc-desk", check=False)
            gives_up(text, since)


ACTIVE_UNITS = (
    "hcc-prepare.service",
    "asterisk.service",
    "hcc-desk.service",
    "hcc-admin.service",
    "hcc-recordings.service",
    "nginx.service",
)
REPORT = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/hcc/ha.sock'); print(s.makefile().read())"


def agent_report(box: Box) -> dict[str, Any]:
    """What the agent of a pair says; nothing while there is none."""
    said = box.run("/opt/hcc/venv/bin/python", "-c", REPORT, check=False)
    return json.loads(said) or {} if said.strip() else {}


@pytest.mark.req("HA-1")
def test_the_first_box_of_a_pair_is_led_by_its_agent_and_nothing_outlives_the_agent(postgresql_box: Box) -> None:
    box, service = postgresql_box, "10.99.0.200"
    assert box.run("systemctl", "show", "--property=ConditionResult", "hcc-ha-agent").strip() == "ConditionResult=no"
    box.run("mkfifo", "/dev/watchdog0")
    box.run("hcc", "cluster", "init", "--service-address", service)
    report = wait_until(
        lambda: said if (said := agent_report(box)) and said["own"]["active"] else None, 60, "the box is active", 0.5
    )
    assert report["own"]["services"]["running"]
    assert report["own"]["not_ready"][0] == "peer_silent"
    assert [passage["cause"] for passage in report["history"]] == ["returned"]
    dog = report["own"]["watchdog"]
    assert (dog["state"], dog["refusal"]) == ("none", "/dev/watchdog0: No such device or address"), "the fence hides it"
    shown = wait_until(lambda: box.run("ip", "address", "show", "to", service), 10, "the service address is up")
    assert "valid_lft forever" not in shown, "the kernel takes it away if nobody refreshes it"
    box.run("kill", "-9", box.run("systemctl", "show", "--property=MainPID", "--value", "hcc-ha-agent").strip())
    asked = ("systemctl", "is-active", *ACTIVE_UNITS)
    wait_until(lambda: set(box.run(*asked, check=False).split()) == {"inactive"}, 20, "everything has stopped")
    wait_until(lambda: not box.run("ip", "address", "show", "to", service), 10, "the service address is gone")
