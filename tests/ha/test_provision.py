"""Two boxes and a witness from three booted images: made, grown, broken off, mended, all through `hcc cluster`."""

import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import Box, BoxError, Bridge, wait_until
from tests.center import Center, Plan

SERVICE = "10.99.0.60"
ADDRESSES = {"one": "10.99.0.61", "two": "10.99.0.62", "three": "10.99.0.63"}
# Members are what is tried here; which of the boxes is active, the agents' own tests show.
NO_AGENT = {"/etc/systemd/system/hcc-ha-agent.service.d/off.conf": "[Unit]\nConditionPathExists=/run/hcc/with-agents\n"}


class Invited:
    """A running `hcc cluster invite`."""

    def __init__(self, box: Box, *options: str) -> None:
        self._process = box.start(
            "hcc", "cluster", "invite", "--yes", *options, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.said = ""
        while not re.search(r"code .* (\d{8})\b", self.said):
            line = self._process.stdout.readline()
            assert line, self.said
            self.said += line
        self.code = re.search(r"code .* (\d{8})\b", self.said)[1]

    @property
    def wrong_code(self) -> str:
        return f"{(int(self.code) + 1) % 10**8:08}"

    def end(self) -> tuple[int, str]:
        rest, _ = self._process.communicate(timeout=60)
        return self._process.returncode, self.said + rest

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


@pytest.fixture(scope="module")
def boxes(bridge: Bridge) -> Iterator[dict[str, Box]]:
    made = {name: Box(name, address, bridge, persist=True, files=NO_AGENT) for name, address in ADDRESSES.items()}
    try:
        for box in made.values():
            box.boot()
        with ThreadPoolExecutor() as pool:
            list(pool.map(Box.wait_running, made.values()))
        yield made
    finally:
        for box in made.values():
            box.discard()


def cluster(box: Box, *words: str, check: bool = True) -> str:
    return box.run("hcc", "cluster", *words, check=check)


def failure(box: Box, *words: str) -> str:
    with pytest.raises(BoxError) as caught:
        cluster(box, *words)
    return str(caught.value)


def care(box: Box) -> None:
    """What the timer does every minute."""
    box.run("systemctl", "start", "hcc-cluster-care.service")


def python(box: Box, text: str) -> str:
    return box.run("/opt/hcc/venv/bin/python", "-P", "-c", text)


def until(box: Box, member: str) -> str:
    """The day on which a member's certificate ends, as `box` is shown it."""
    line = next(line for line in cluster(box, "status").splitlines() if line.startswith(member))
    return line.split()[-1]


def etcdctl(box: Box, user: str, *words: str) -> str:
    password = box.run("cat", "/etc/hcc/pki/etcd.password")
    pki = ("--cacert=/etc/hcc/pki/ca.pem", "--cert=/etc/hcc/pki/member.pem", "--key=/etc/hcc/pki/member.key")
    return box.run("etcdctl", f"--endpoints=https://{box.address}:2379", *pki, f"--user={user}:{password}", *words)


COUNTS = """
import json, sqlalchemy, sys
from appliance import db
from appliance.callcenter.tables import Base
engine = db.open_plain_engine(sys.argv[1])
with engine.connect() as c:
    tables = Base.metadata.sorted_tables
    print(json.dumps({t.name: c.scalar(sqlalchemy.select(sqlalchemy.func.count()).select_from(t)) for t in tables}))
"""
SQLITE, POSTGRESQL = "sqlite+aiosqlite:////var/lib/hcc/hcc.db", "postgresql+psycopg://hcc@/hcc?host=/run/postgresql"


def counts(box: Box, url: str) -> dict[str, int]:
    return json.loads(box.run("/opt/hcc/venv/bin/python", "-P", "-c", COUNTS, url, user="hcc"))


@pytest.mark.req("HA-1", "HA-2")
def test_a_box_in_use_takes_its_data_along(boxes: dict[str, Box]) -> None:
    one = boxes["one"]
    Center(one, Plan(box=one.address)).seed()
    one.run("rm", "-f", "/var/lib/hcc/secrets/setup.code")
    wanted = ("init", "--service-address", SERVICE)
    assert "not in a network of this box" in failure(one, "init", "--service-address", "192.0.2.1")
    assert "--move-data" in failure(one, *wanted)
    before = counts(one, SQLITE)
    assert before["patient"] == 4
    # Broken off by a row that PostgreSQL does not take: everything is as it was.
    spoil = "UPDATE patient SET name = '{}' WHERE id = 1"
    python_as_hcc = "import sqlite3, sys\nwith sqlite3.connect('/var/lib/hcc/hcc.db') as d: d.execute(sys.argv[1])"
    one.run("/opt/hcc/venv/bin/python", "-c", python_as_hcc, spoil.format("x" * 5000), user="hcc")
    assert "patient: " in failure(one, *wanted, "--move-data")
    wait_until(lambda: one.state_of("hcc-desk") == "active", 20, "it goes on with SQLite")
    assert "postgresql" not in one.run("sh", "-c", "cat /etc/hcc/hcc.toml 2>/dev/null || true")
    one.run("/opt/hcc/venv/bin/python", "-c", python_as_hcc, spoil.format("张三"), user="hcc")
    assert "数据已迁移" in cluster(one, *wanted, "--move-data")
    # The programs were started again in between and may have written since.
    after = counts(one, POSTGRESQL)
    assert {name: count for name, count in before.items() if after[name] < count} == {}
    assert one.run("psql", "-qAtX", "hcc", "-c", "SELECT name FROM patient WHERE id = 1", user="hcc").strip() == "张三"
    next_id = "SELECT nextval(pg_get_serial_sequence('patient', 'id'))"
    assert one.run("psql", "-qAtX", "hcc", "-c", next_id, user="hcc").strip() == "5"
    assert counts(one, SQLITE)["patient"] == 4, "the old file is kept"


@pytest.mark.req("HA-1")
def test_three_machines_become_a_cluster(boxes: dict[str, Box]) -> None:
    one, two, _ = boxes.values()
    assert "hcc cluster init" in failure(two, "status")
    for _ in range(2):  # to repeat it changes nothing
        assert SERVICE in cluster(one, "init", "--service-address", SERVICE)
    assert "cluster already" in failure(one, "init", "--service-address", "10.99.0.66")

    invited = Invited(one, "--minutes", "0.02")
    assert invited.end()[0] == 1
    assert "hcc cluster invite" in failure(two, "join", one.address, invited.code, "--yes")

    invited = Invited(one)
    assert "邀请码不正确" in failure(two, "join", one.address, invited.wrong_code, "--yes")
    assert "指纹未确认" in failure(two, "join", one.address, invited.code)  # nobody there to say yes
    assert "已加入集群" in cluster(two, "join", one.address, invited.code, "--yes")
    assert invited.end()[0] == 0
    assert "已加入集群" in cluster(two, "join", one.address, "00000000")  # it is a member, whatever the code


@pytest.mark.req("HA-1")
def test_joining_that_was_killed_goes_on_without_the_inviting_box(boxes: dict[str, Box]) -> None:
    one, two, three = boxes.values()
    invited = Invited(one, "--witness")
    words = ("hcc", "cluster", "witness", one.address, invited.code, "--yes")
    three.run("systemd-run", "--quiet", "--collect", "--unit=joining", *words)
    granted = three.path("/etc/hcc/cluster.joining")
    wait_until(granted.exists, 20, "the grant is written down", pause=0.002)
    three.kill("joining.service")
    invited.kill()
    assert not three.path("/etc/hcc/cluster.toml").exists()
    three.run("systemd-run", "--quiet", "--collect", "--unit=again", *words)

    def has_joined() -> bool:
        care(two)  # either box lets a learner in
        return not granted.exists()

    wait_until(has_joined, 30, "the witness has joined")
    for box in boxes.values():
        assert "3 of 3 members healthy" in cluster(box, "status")


@pytest.mark.req("HA-1")
def test_witness_runs_nothing_but_etcd_and_its_heartbeat(boxes: dict[str, Box]) -> None:
    one, _, three = boxes.values()
    wait_until(lambda: three.state_of("hcc-witness") == "active", 10, "the heartbeat runs")
    doors = {line.split()[3].rpartition(":")[2] for line in three.run("ss", "-Hlnt").splitlines()}
    assert doors == {"2379", "2380"}
    three.run("systemctl", "start", "asterisk", "hcc-desk", "nginx")
    assert {three.state_of(unit) for unit in ("asterisk", "hcc-desk", "nginx")} == {"inactive"}
    assert "witness" in wait_until(lambda: etcdctl(one, "hcc", "get", "/hcc/witness/witness"), 15, "a heartbeat")
    secrets = set(three.run("ls", "/etc/hcc/pki").split())
    assert secrets == {"ca.pem", "etcd.password", "member.key", "member.pem"}


@pytest.mark.req("HA-1")
def test_nobody_has_more_rights_than_needed(boxes: dict[str, Box]) -> None:
    one, _, three = boxes.values()
    etcdctl(one, "hcc", "put", "/hcc/trial", "1")
    for box, user, words in (
        (one, "hcc", ("put", "/elsewhere", "1")),
        (one, "hcc", ("member", "add", "stranger", "--peer-urls=https://10.99.0.99:2380")),
        (three, "witness", ("put", "/hcc/leader", "witness")),
        (three, "witness", ("user", "list")),
    ):
        with pytest.raises(BoxError, match="permission denied"):
            etcdctl(box, user, *words)
    assert one.run("stat", "-c", "%a %U", "/etc/hcc/pki/ca.key").split() == ["600", "root"]
    told = "".join(box.run("bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '") for box in (one, three))
    assert one.run("cat", "/etc/hcc/pki/root.password") not in told + one.journal_text()
    assert one.run("head", "-c1", "/etc/hcc/pki/member.key", user="hcc", check=False) == ""


SHARED = ("secrets/web-phone.key", "secrets/webcti-token.key", "tls/appliance.key", "tls/appliance.crt")


def shared(box: Box) -> str:
    """Keys and certificate with their owners: hashes of them all."""
    paths = [f"/var/lib/hcc/{name}" for name in SHARED]
    return box.run("sha256sum", *paths) + box.run("stat", "-c", "%n %a %U %G", *paths)


@pytest.mark.req("HA-2")
def test_both_boxes_have_the_keys_and_the_certificate_of_the_active_one(boxes: dict[str, Box]) -> None:
    one, two, three = boxes.values()
    assert shared(one) != shared(two)
    care(two)
    assert "/hcc/shared" not in etcdctl(one, "hcc", "get", "--keys-only", "/hcc/shared"), "nobody leads, nobody gives"
    etcdctl(one, "hcc", "put", "/hcc/leader", '{"node":"box1","boot":"trial"}')
    care(one)
    first = shared(one)
    care(two)
    assert shared(two) == first
    named = two.run("openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", "/var/lib/hcc/tls/appliance.crt")
    assert {SERVICE, ADDRESSES["one"], ADDRESSES["two"]} <= set(re.findall(r"IP Address:([0-9.]+)", named))
    assert "PRIVATE KEY" not in etcdctl(three, "witness", "get", "/hcc/shared")
    assert two.run("head", "-c1", "/var/lib/hcc/secrets/web-phone.key", user="hcc")

    two.run("rm", "/var/lib/hcc/secrets/web-phone.key")  # as after a crash in the middle
    two.run("cp", "/etc/hcc/pki/ca.key", "/var/lib/hcc/tls/appliance.key")
    care(two)
    assert shared(two) == first
    one.run("rm", "/var/lib/hcc/tls/appliance.crt")  # the active makes itself a new one
    care(one)
    renewed = shared(one)
    assert renewed != first
    etcdctl(one, "hcc", "put", "/hcc/leader", '{"node":"box2","boot":"trial"}')
    care(two)  # leads before it has heard of that: what is there counts, not its own
    assert shared(two) == renewed
    care(one)
    assert shared(one) == renewed
    etcdctl(one, "hcc", "put", "/hcc/shared", '{"node":"x","digest":"' + "0" * 64 + '","content":"aGVsbG8="}')
    care(two)
    assert shared(two) == renewed
    assert "not in step" in two.journal_text("hcc-cluster-care.service")
    etcdctl(one, "hcc", "del", "/hcc/shared")
    etcdctl(one, "hcc", "del", "/hcc/leader")


ENDS_SOON = """
from pathlib import Path
from appliance.ha.provision import certificates
from appliance.ha.provision.places import Places
print(certificates.sign(Places(), Path("/run/request").read_bytes(), "{name}", ["{address}"], days=20).decode())
"""


@pytest.mark.req("HA-1")
@pytest.mark.parametrize("name", ["one", "three"])
def test_certificate_is_renewed_while_etcd_runs_on(boxes: dict[str, Box], name: str) -> None:
    one, two, _ = boxes.values()
    box, member = boxes[name], {"one": "box1", "three": "witness"}[name]
    before, process = until(two, member), box.main_process("hcc-etcd.service")
    request = box.run("openssl", "req", "-new", "-key", "/etc/hcc/pki/member.key", "-subj", "/O=HCC cluster")
    one.run("tee", "/run/request", stdin=request)
    soon = python(one, ENDS_SOON.format(name=member, address=box.address))
    box.run("tee", "/etc/hcc/pki/member.pem", stdin=soon)
    assert until(two, member) < before
    care(box)
    if name == "three":  # has no key to sign with: asks, and a box answers
        care(one)
        care(box)
    assert until(two, member) == before
    assert box.main_process("hcc-etcd.service") == process


@pytest.mark.req("HA-1")
def test_member_that_lost_its_data_is_made_anew(boxes: dict[str, Box]) -> None:
    one, two, three = boxes.values()
    two.run("systemctl", "stop", "hcc-etcd")
    two.run("rm", "-rf", "/var/lib/hcc-etcd/data")
    assert "2 of 3 members healthy" in cluster(one, "status", check=False)
    assert "已重建" in cluster(two, "rebuild", "--yes")
    assert "见证机上不行" in failure(three, "rebuild", "--yes")
    cluster(three, "leave", "--yes")
    assert "2 of 3 members healthy" in cluster(one, "status", check=False)
    cluster(one, "remove", "witness", "--yes")
    assert "没有这个成员" in failure(one, "remove", "witness", "--yes")
    assert "2 of 2 members healthy" in cluster(one, "status")
    invited = Invited(two, "--witness")  # the second box can do what the first one can
    cluster(three, "witness", two.address, invited.code, "--yes")
    assert invited.end()[0] == 0
    for box in boxes.values():
        assert "3 of 3 members healthy" in cluster(box, "status")


@pytest.mark.req("HA-3")
def test_wishes_are_written_where_the_agents_read_them(boxes: dict[str, Box]) -> None:
    one, two, _ = boxes.values()
    assert "目前没有主机在运行业务" in failure(one, "switchover")
    etcdctl(one, "hcc", "put", "/hcc/leader", '{"node":"box1","boot":"trial"}')
    assert "正在运行业务" in failure(one, "maintenance", "on")
    assert "没有这个成员" in failure(one, "maintenance", "on", "witness")
    cluster(one, "maintenance", "on", "box2")
    cluster(two, "maintenance", "off")
    wanted = json.loads(etcdctl(one, "hcc", "get", "--print-value-only", "/hcc/desired"))
    assert (wanted["maintenance"], wanted["maintenance_ends"]) == ("box2", True)
    assert "正在运行业务" in failure(two, "remove", "box1", "--yes")
    etcdctl(one, "hcc", "del", "/hcc/leader")


@pytest.mark.req("HA-1")
def test_force_wants_the_whole_sentence_and_is_logged(boxes: dict[str, Box]) -> None:
    one, _, _ = boxes.values()
    mark = ("test", "-e", "/run/hcc/force-active")
    with pytest.raises(BoxError, match="未执行"):
        one.run("hcc", "cluster", "force-active", stdin="yes\n")
    with pytest.raises(BoxError):
        one.run(*mark)
    one.run("hcc", "cluster", "force-active", stdin="另一台已断电\n")
    one.run(*mark)
    assert "另一台已断电" in one.journal_text()
    one.run("rm", "/run/hcc/force-active")


@pytest.mark.req("HA-1")
def test_last_member_goes_on_alone_when_the_others_are_gone(boxes: dict[str, Box]) -> None:
    one, two, three = boxes.values()
    care(one)  # the witness came back by way of the second box
    for box in (two, three):
        box.pull_plug()
    one.run("hcc", "cluster", "rebuild", "--alone", stdin="其他机器已断电\n")
    assert "1 of 1 members healthy" in cluster(one, "status")
    one.run("systemctl", "restart", "hcc-etcd")
    wait_until(lambda: "1 of 1 members healthy" in cluster(one, "status", check=False), 20, "as after a restart")
