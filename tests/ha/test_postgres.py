"""The database of the pair with two real servers: every action, what goes wrong with it, and that no commit is lost."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.ha.decision.model import Role
from tests.ha.postgres_pair import Node, Writer, make_network, make_pki

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
        await a.postgres.initialise()
        await a.become_standby()
        await a.become_primary()
        async with a.client() as connection:
            await connection.execute("CREATE TABLE written (n int PRIMARY KEY)")
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


def _open_way(folder: Path) -> None:
    """The server's user has to get there."""
    for one in (folder, *folder.parents):
        if one != Path("/") and one != Path("/tmp"):
            one.chmod(0o755)


async def test_killed_primary_loses_no_acknowledged_commit(pair: tuple[Node, Node]) -> None:
    a, b = pair
    writer = Writer(a)
    await writer.wrote(100)
    a.kill()
    await b.become_primary()
    acknowledged = await writer.end()
    assert acknowledged <= await b.rows()
    assert (await a.until(lambda seen: seen.role is Role.DOWN, 2, "is seen down")).accepting is False
