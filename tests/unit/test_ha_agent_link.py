"""The link between the boxes on real sockets, the status socket, and what the agent is told to talk to."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.ha.agent.assembly import access, link_paths
from appliance.ha.agent.peer.link import UdpPeerLink
from appliance.ha.agent.peer.wire import Conversation, derive_key
from appliance.ha.agent.status_socket import StatusSocket
from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress
from appliance.ha.decision.timing import Timing
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-1")

KEY = derive_key(b"not-a-password", "ward")
HERE, THERE = "127.0.88.1", "127.0.88.2"
PORT = 8791
MEMBERS = (
    Member("n1", Part.BOX, "10.0.0.1", "10.9.0.1"),
    Member("n2", Part.BOX, "10.0.0.2", "10.9.0.2"),
    Member("w", Part.WITNESS, "fd00::3"),
)


class Ticking:
    """Time that goes on by a millisecond at each look."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        self.now += 1
        return self.now


def link(me: str, other: str, own: str, peer: str, run: str) -> UdpPeerLink:
    return UdpPeerLink(Conversation(KEY, me, other, run), [(own, peer)], Timing(), port=PORT, clock=Ticking())


@pytest.fixture
async def links() -> AsyncIterator[tuple[UdpPeerLink, UdpPeerLink]]:
    """Two that hear each other."""
    both = link("n1", "n2", HERE, THERE, "run-1"), link("n2", "n1", THERE, HERE, "run-2")
    tasks = [asyncio.create_task(one.run()) for one in both]
    await until(lambda: all(one.seen().heard_at for one in both), 3, "they hear each other")
    yield both
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for one in both:
        await one.close()


async def test_what_one_says_of_itself_the_other_sees_at_once(links: tuple[UdpPeerLink, UdpPeerLink]) -> None:
    here, there = links
    changed = asyncio.Event()
    there.changed = changed.set
    here.tell(fitness=70, gateway=True, able=False, epoch=12)
    await asyncio.wait_for(changed.wait(), 3)
    seen = there.seen()
    assert (seen.fitness, seen.sees_gateway, seen.able, seen.epoch, seen.ask) == (70, True, False, 12, None)


async def test_a_promise_is_asked_for_once_and_believed_from_the_moment_of_asking(
    links: tuple[UdpPeerLink, UdpPeerLink],
) -> None:
    here, there = links
    here.ask(epoch=12)
    ask = await until(lambda: there.seen().ask, 3, "the question arrives")
    assert ask is not None
    assert (ask.boot, ask.epoch) == ("run-1", 12)
    assert there.seen().ask is None, "told once"
    assert here.seen().promised_until == 0
    there.promise(ask)
    until_then = await until(lambda: here.seen().promised_until, 3, "the promise arrives")
    assert until_then == ask.asked_at + Timing().promise_ms
    assert there.seen().promised_until == 0


async def test_noise_on_the_port_changes_nothing(links: tuple[UdpPeerLink, UdpPeerLink]) -> None:
    here, there = links
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"\0" * 2_000, (HERE, PORT))  # the kernel lets only the peer's address in
    there._ends[THERE, HERE].sendto(b"HCC\x01 nonsense")
    await until(lambda: here.refused, 3, "it is counted")
    assert here.refused == {"noise": 1}
    here.tell(fitness=1, gateway=False, able=True, epoch=0)
    await until(lambda: there.seen().fitness == 1, 3, "they hear each other still")


async def test_a_link_whose_address_is_not_there_yet_does_not_fail() -> None:
    lonely = link("n1", "n2", "192.0.2.77", THERE, "run-3")
    task = asyncio.create_task(lonely.run())
    await until(lonely._troubles.now, 3, "it says so")
    assert not task.done()
    task.cancel()
    await lonely.close()


async def test_whoever_connects_to_the_status_socket_gets_one_answer(tmp_path: Path) -> None:
    path = tmp_path / "ha.sock"
    status = StatusSocket(lambda: None, path)
    await status.open()
    try:
        reader, writer = await asyncio.open_unix_connection(path)
        assert json.loads(await reader.read()) is None
        writer.close()
    finally:
        await status.close()
    assert not path.exists()


def cluster(pki: Path, me: str = "n1", members: tuple[Member, ...] = MEMBERS) -> Cluster:
    return Cluster("ward", me, members, ServiceAddress("eth0", "10.0.0.100"), pki=str(pki))


def test_etcd_is_asked_here_first_then_at_the_witness(tmp_path: Path) -> None:
    (tmp_path / "etcd.password").write_text("secret\n")
    found = access(cluster(tmp_path), user="hcc", password="etcd.password")
    assert found.endpoints == ["https://10.0.0.1:2379", "https://[fd00::3]:2379", "https://10.0.0.2:2379"]
    assert found.password.reveal() == "secret"


def test_the_boxes_talk_over_the_direct_link_and_the_network(tmp_path: Path) -> None:
    assert link_paths(cluster(tmp_path, "n2")) == [("10.9.0.2", "10.9.0.1"), ("10.0.0.2", "10.0.0.1")]
    assert link_paths(cluster(tmp_path, members=MEMBERS[:1])) == []
