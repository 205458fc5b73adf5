"""The database of the pair with two real servers: every action, what goes wrong with it, and that no commit is lost."""

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from appliance import db
from appliance.ha.decision.actions import RejoinWay
from appliance.ha.decision.model import Role
from appliance.ha.postgres import commands, folder
from appliance.ha.postgres.commands import as_user
from appliance.ha.postgres.configuration import conninfo, to_peer
from appliance.ha.postgres.errors import PostgresError
from appliance.ha.postgres.looking import local
from appliance.ha.postgres.server import works_in
from tests.ha.postgres_pair import Node, Writer, make_network, make_pki
from tests.ha.replica_boxes import FileBox, add_finished, all_twice, make_schema, recording
from tests.ha.replica_boxes import make_pki as make_members
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-4")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    make_network()
    return make_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
async def template(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Path:
    """A pair in step and stopped: the first box made, the second cloned from it. Copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    _open_way(folder)
    a, b = Node("a", folder / "a", pki), Node("b", folder / "b", pki)
    for node in (a, b):
        await node.open()
    try:
        await _serve_alone(a)
        await a.postgres.initialise()
        await a.become_standby()
        await a.become_primary()
        b.postgres.clone()
        await b.until(lambda seen: seen.streaming, 10, "streams after being cloned")
        await a.stop(at_once=False)
        await b.stop()
    finally:
        for node in (a, b):
            await node.close()
    return folder


@pytest.fixture
async def nodes(template: Path, tmp_path: Path, pki: Path) -> AsyncIterator[tuple[Node, Node]]:
    """Both down."""
    _open_way(tmp_path)
    copy = ["cp", "-a", f"{template}/a", f"{template}/b", str(tmp_path)]
    await asyncio.to_thread(subprocess.run, copy, check=True, timeout=20)
    made = Node("a", tmp_path / "a", pki), Node("b", tmp_path / "b", pki)
    for node in made:
        (node.layout.home / "server.log").unlink(missing_ok=True)
        await node.open()
    yield made
    for node in made:
        await node.close()
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
async def pair(nodes: tuple[Node, Node]) -> tuple[Node, Node]:
    """The first primary, the second its synchronous standby."""
    a, b = nodes
    await asyncio.gather(a.become_standby(), b.become_standby())
    await a.become_primary()
    await b.until(lambda seen: seen.streaming, 5, "streams")
    await a.set_names("b")
    await a.until(lambda seen: seen.caught_up, 5, "the standby has everything")
    return a, b


async def _serve_alone(node: Node) -> None:
    """A single box with data, as it is before it becomes one of a pair."""
    await asyncio.to_thread(folder.make, node.layout)
    settings = node.layout.data / "postgresql.conf"
    with settings.open("a", encoding="utf-8") as file:
        file.write(f"unix_socket_directories = '{node.layout.sockets}'\n")
    await node.server.start()
    psql = [node.layout.binary("psql"), "-h", str(node.layout.sockets), "hcc"]
    statements = ("CREATE TABLE written (n int PRIMARY KEY)", "ALTER TABLE written OWNER TO hcc")
    words = [word for statement in (*statements, "INSERT INTO written VALUES (-1)") for word in ("-c", statement)]

    async def answers() -> bool:
        with contextlib.suppress(PostgresError):
            return bool(await commands.run([*psql, "-c", "SELECT 1"], user="postgres", seconds=10))
        return False

    await until(answers, 5, "the single box's server answers")
    await commands.run([*psql, *words], user="postgres", seconds=10)
    await node.stop()


def _open_way(folder: Path) -> None:
    """The server's user has to get there."""
    for one in (folder, *folder.parents):
        if one != Path("/") and one != Path("/tmp"):
            one.chmod(0o755)


async def test_killed_primary_loses_no_acknowledged_commit_and_comes_back_rewound(pair: tuple[Node, Node]) -> None:
    a, b = pair
    writer = Writer(a)
    await writer.wrote(100)
    a.kill()
    await b.become_primary()
    acknowledged = await writer.end()
    assert acknowledged <= await b.rows()
    assert -1 in await b.rows(), "what the first box had when it was alone"
    await a.until(lambda seen: seen.role is Role.DOWN, 2, "is seen down")
    await a.become_standby()
    await _rejoins(a, b)


@pytest.mark.req("REC-2")
async def test_recordings_follow_by_the_rows_that_the_standby_reads(pair: tuple[Node, Node], tmp_path: Path) -> None:
    a, b = pair
    keys = make_members(tmp_path / "members")
    engines = [db.open_engine(f"postgresql+psycopg://hcc@/hcc?host={node.layout.sockets}") for node in pair]
    one, two = (FileBox(name, tmp_path / name, keys[name], engines.pop(0)) for name in ("one", "two"))
    await make_schema(one.engine)
    one.active = True
    try:
        await one.start()
        await two.start()
        first = await add_finished(one, ["a", "b", "c"])
        await all_twice(two)
        late = await add_finished(one, ["late"])
        await one.stop()
        a.kill()
        await b.become_primary()
        one.active, two.active = False, True
        more = await add_finished(two, ["d", "e"])
        two_copies = [row.id for row in (*first, *late) if (await recording(two, row.id)).copies == 2]
        assert set(two_copies) >= {row.id for row in first}
        await a.become_standby()
        await _rejoins(a, b)
        await one.start()  # it has the late one, and lacks those that were made without it
        await all_twice(two, 15)
        assert all(box.has(row.file, row.sha256) for row in (*first, *late, *more) for box in (one, two))
    finally:
        for box in (one, two):
            await box.stop()
            await box.engine.dispose()


async def test_what_only_the_old_primary_has_is_rewound_away(pair: tuple[Node, Node]) -> None:
    a, b = pair
    await b.stop()
    async with a.client() as connection:
        await connection.execute("SET synchronous_commit = local")
        await connection.execute("INSERT INTO written SELECT generate_series(1000, 1999)")
    a.kill()
    await b.become_standby()
    await b.become_primary()
    before = (a.layout.data / "PG_VERSION").stat().st_ino
    await a.become_standby()
    await a.until(lambda seen: seen.divergent and not seen.streaming, 5, "has more than the primary")
    await _rejoins(a, b)
    assert (a.layout.data / "PG_VERSION").stat().st_ino == before, "rewound, not cloned"
    assert await a.rows() == await b.rows() == {-1}
    await until(lambda: not _idle_slots(a), 5, "it keeps no log for anybody any more")
    assert not a.postgres.troubles


def _idle_slots(node: Node) -> int:
    look = node.postgres._observer.look
    return 1 if look is None else look.idle_slots


async def _rejoins(node: Node, primary: Node) -> None:
    """However it has to, until it streams, and is asked again and again as decisions do."""

    def asked() -> bool:
        seen = node.seen()
        if seen.divergent:
            node.postgres.rejoin(RejoinWay.CLONE if seen.rejoin_failures else RejoinWay.REWIND)
        return seen.streaming and not seen.busy

    await until(asked, 15, f"{node.name} streams again: {node.postgres.troubles}")
    await primary.until(lambda seen: seen.streaming, 5, "sends to its standby")
    assert not node.seen().divergent
    assert node.seen().role is Role.STANDBY


async def test_another_database_is_replaced_and_kept_aside(nodes: tuple[Node, Node]) -> None:
    a, b = nodes
    await asyncio.to_thread(folder.remove, b.layout.data)
    await b.postgres.initialise()
    foreign = folder.system_identifier(b.layout.data)
    await asyncio.gather(a.become_standby(), b.become_standby())
    await a.become_primary()
    await b.until(lambda seen: seen.divergent, 5, "cannot follow")
    await _rejoins(b, a)
    assert folder.system_identifier(b.layout.data) == folder.system_identifier(a.layout.data)
    assert foreign is not None
    assert folder.system_identifier(b.layout.foreign(foreign)) == foreign


async def test_standby_that_was_away_for_too_long_is_cloned(nodes: tuple[Node, Node]) -> None:
    a, b = nodes
    await a.become_standby()
    await a.become_primary()
    async with await psycopg.AsyncConnection.connect(local(a.layout, 5432), autocommit=True) as connection:
        await until(lambda: a.postgres.doing is None, 5, "nothing is under way")
        await connection.execute("ALTER SYSTEM SET wal_keep_size = 0")
        await connection.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'")
        await connection.execute("SELECT pg_reload_conf()")
        for _ in range(4):
            await connection.execute("SELECT pg_logical_emit_message(true, 'x', 'x'), pg_switch_wal()")
        await connection.execute("CHECKPOINT")
    await b.become_standby()
    await b.until(lambda seen: seen.divergent and not seen.streaming, 5, "cannot follow")
    await _rejoins(b, a)


async def test_commits_that_wait_are_seen_and_let_go(pair: tuple[Node, Node]) -> None:
    a, b = pair
    writer = Writer(a)
    await writer.wrote(20)
    b.freeze()
    stopped_at = time.monotonic()
    await a.until(lambda seen: seen.oldest_wait_ms > 300, 1, "a commit waits")
    assert time.monotonic() - stopped_at < 3
    assert not a.seen().caught_up or a.seen().oldest_wait_ms
    waiting = len(writer.acknowledged)
    await a.set_names(None)
    await writer.wrote(20)
    assert len(writer.acknowledged) > waiting
    b.thaw()
    await b.until(lambda seen: seen.streaming, 5, "streams again")
    await a.until(lambda seen: seen.streaming, 5, "sends again")
    await a.set_names("b")
    await a.until(lambda seen: seen.caught_up, 5, "the standby has everything, while more is written")
    await writer.wrote(20)
    a.kill()
    await b.become_primary()
    assert await writer.end() <= await b.rows()


async def test_frozen_primary_is_seen_and_started_again(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    writer = Writer(a)
    await writer.wrote(20)
    before = a.pid
    a.freeze()
    await a.until(lambda seen: not seen.accepting, 3, "does not accept")
    assert a.seen().role is Role.PRIMARY

    def restarted() -> bool:
        a.postgres.restart()
        return a.seen().accepting and not a.seen().busy

    await until(restarted, 8, "accepts again")
    assert a.pid != before
    assert a.seen().role is Role.PRIMARY
    assert a.seen().names == "b", "commits wait as before"
    await a.until(lambda seen: seen.caught_up, 5, "the standby has everything")
    assert await writer.end() <= await a.rows()


async def test_a_pause_of_the_agent_is_no_silence_of_the_server(pair: tuple[Node, Node]) -> None:
    a, _ = pair
    before = a.pid
    time.sleep(3.2)  # noqa: ASYNC251 - the loop is to stand still
    a.postgres.restart()
    assert not a.seen().busy
    await a.until(lambda seen: seen.accepting, 3, "it is seen again")
    assert a.pid == before


async def test_planned_stop_leaves_the_standby_with_everything(pair: tuple[Node, Node]) -> None:
    a, b = pair
    writer = Writer(a)
    await writer.wrote(20)
    await a.stop(at_once=False)
    assert "stop" not in a.postgres.troubles
    await b.become_primary()
    assert await writer.end() <= await b.rows()
    await a.become_standby()
    await a.until(lambda seen: seen.streaming, 5, "follows without being rewound")


async def test_planned_stop_does_not_wait_for_a_frozen_standby(pair: tuple[Node, Node]) -> None:
    a, b = pair
    b.freeze()
    a.postgres.stop(at_once=False)
    a.postgres.stop(at_once=False)  # ignored
    a.postgres.stop(at_once=True)
    await a.until(lambda seen: seen.role is Role.DOWN, 2, "is down")
    b.thaw()


@pytest.mark.parametrize("action", ["start", "promotion", "clone"])
async def test_stop_ends_whatever_is_under_way(nodes: tuple[Node, Node], action: str) -> None:
    a, b = nodes
    await a.become_standby()
    if action == "start":
        b.postgres.start_standby()
    elif action == "promotion":
        await b.become_standby()
        b.postgres.promote()
    else:
        await a.become_primary()
        b.postgres.clone()
    await asyncio.sleep(0)
    assert b.seen().busy
    if action == "clone":
        await until(b.layout.clone.exists, 5, "the clone has begun", pause_seconds=0.005)
    b.postgres.stop(at_once=True)
    assert b.seen().busy
    await b.until(lambda seen: seen.role is Role.DOWN, 3, "is down")
    assert works_in(b.layout.data) == []
    if action == "promotion":
        return
    await b.become_standby()  # the old folder is as good as before


async def test_a_start_is_refused_where_there_is_nothing_to_start(nodes: tuple[Node, Node]) -> None:
    a, b = nodes
    b.postgres.restart()
    await b.until(lambda seen: "restart" in b.postgres.troubles, 3, "has refused")
    assert "only a promotion" in b.postgres.troubles["restart"], "a standby never becomes a primary by a restart"
    await asyncio.to_thread(folder.set_mark, b.layout)
    b.postgres.start_standby()
    await b.until(lambda seen: "start as standby" in b.postgres.troubles, 3, "has refused")
    assert "must be cloned" in b.postgres.troubles["start as standby"]
    assert b.seen().divergent
    await asyncio.to_thread(folder.remove, b.layout.data)
    await asyncio.to_thread(folder.clear_mark, b.layout)
    b.postgres.start_standby()
    await b.until(lambda seen: "no database" in b.postgres.troubles["start as standby"], 3, "has refused")
    assert b.seen().divergent
    await a.become_standby()
    await a.become_primary()
    await _rejoins(b, a)
    assert not b.postgres.troubles


async def test_number_of_a_dead_server_that_another_process_has_now_is_no_obstacle(nodes: tuple[Node, Node]) -> None:
    a, _ = nodes
    other = await asyncio.create_subprocess_exec(*as_user("postgres", "sleep", "60"))
    try:
        lock = a.layout.data / "postmaster.pid"
        lock.write_text(f"{other.pid}\n{a.layout.data}\n1\n5432\n{a.layout.sockets}\n\n\nready\n")
        shutil.chown(lock, "postgres", "postgres")
        await a.become_standby()
        assert other.returncode is None
    finally:
        other.kill()
        await other.wait()


async def test_full_disk_fails_a_clone_and_is_told(nodes: tuple[Node, Node]) -> None:
    a, b = nodes
    await a.become_standby()
    await a.become_primary()
    b.layout.clone.mkdir()
    await asyncio.to_thread(
        subprocess.run, ["mount", "-t", "tmpfs", "-o", "size=8m", "x", str(b.layout.clone)], check=True
    )
    try:
        shutil.chown(b.layout.clone, "postgres", "postgres")
        b.postgres.clone()
        await b.until(lambda seen: seen.rejoin_failures == 1, 10, "has failed")
        assert "No space left on device" in b.postgres.troubles["rejoin"]
    finally:
        await asyncio.to_thread(subprocess.run, ["umount", str(b.layout.clone)], check=True)
    await b.become_standby()
    await b.until(lambda seen: seen.streaming and not seen.rejoin_failures, 5, "follows with what it has")


async def test_only_the_peer_gets_in_and_only_with_its_certificate(nodes: tuple[Node, Node]) -> None:
    a, b = nodes
    await a.become_standby()
    await a.become_primary()
    good = {**to_peer(b.layout, b.ends), "connect_timeout": 3}
    await asyncio.to_thread(folder.prepare_pair, b.layout, b.ends)
    for change in ({"sslcert": "/none"}, {"sslmode": "disable"}, {"user": "hcc", "dbname": "hcc"}, {"dbname": "hcc"}):
        with pytest.raises(psycopg.OperationalError):
            await psycopg.AsyncConnection.connect(conninfo({**good, **change}))
    async with await psycopg.AsyncConnection.connect(conninfo(good)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("CREATE TABLE public.x (n int)")
