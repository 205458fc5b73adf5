"""Who may wish something of the pair: the kernel says who asks."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress
from appliance.ha.etcd.link import Access
from appliance.ha.provision.wish_socket import WishSocket
from appliance.ha.wish import Answer, ClearHold, send

pytestmark = pytest.mark.req("HA-3")

CLUSTER = Cluster("ward", "one", (Member("one", Part.BOX, "127.0.0.1"),), ServiceAddress("lo", "127.0.0.9"))
ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as link:
    link.connect(sys.argv[1])
    try:
        link.sendall(b'{"wish": "clear-hold", "by": "a stranger"}\\n')
        print(link.makefile().read())
    except OSError:
        pass
"""


def nowhere(_cluster: Cluster) -> Access:
    raise AssertionError("etcd was asked")


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    path = tmp_path / "wish.sock"
    socket = WishSocket(lambda: CLUSTER, nowhere, status=tmp_path / "nobody.sock", path=path)
    await socket.open()
    yield path
    await socket.close()


async def test_a_stranger_gets_no_answer(path: Path) -> None:
    """Even if the file's mode let everybody in."""
    await asyncio.to_thread(path.chmod, 0o777)
    words = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", ASK, str(path)]
    said = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, timeout=20, check=True)
    assert said.stdout.strip() == ""


async def test_what_is_no_wish_is_refused_with_a_reason(path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b'{"wish": "explode", "by": "root"}\n')
    answer = msgspec.json.decode(await reader.read(), type=Answer)
    assert answer.error == "command"
    writer.close()


async def test_without_an_agent_nothing_is_known(path: Path, tmp_path: Path) -> None:
    assert (await send(ClearHold(by="root"), tmp_path / "nobody")).error == "agent-silent"
