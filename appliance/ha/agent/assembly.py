"""Puts the agent together from its parts, for one box of a cluster."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.ha.agent import parts
from appliance.ha.agent.agent import FORCED, Agent, Senses
from appliance.ha.agent.guard import Guard
from appliance.ha.agent.hands import Hands
from appliance.ha.agent.health import MachineHealth
from appliance.ha.agent.keys import LeaderValue
from appliance.ha.agent.leading import Leadership
from appliance.ha.agent.membership import Membership
from appliance.ha.agent.peer.link import Path as LinkPath
from appliance.ha.agent.peer.link import UdpPeerLink
from appliance.ha.agent.peer.wire import Conversation, derive_key
from appliance.ha.agent.publishing import Publisher
from appliance.ha.agent.raft import RaftLeader
from appliance.ha.agent.reading import KeysReader
from appliance.ha.agent.status_socket import SOCKET, StatusSocket
from appliance.ha.agent.writing import Writing
from appliance.ha.cluster_file import CLUSTER_PATH, Cluster, Member, Part
from appliance.ha.decision.timing import Timing
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.link import Access, Certificates
from appliance.secret import Secret
from appliance.service import Part as LongRunning
from appliance.service import Supervisor

CLIENT_PORT = 2379
PASSWORD, ROOT_PASSWORD, LINK_SECRET = "etcd.password", "root.password", "root.password"
"""The witness has its own password of etcd and never root's: it cannot speak for a box on the boxes' link."""
NOBODY = "(nobody)"
"""The peer of a box that has none yet; no member can be called so."""
CERTIFICATES_SECONDS = 600.0


class PostgresPart(parts.Postgres, LongRunning, Protocol):
    def meet(self, cluster: Cluster) -> None: ...

    def refresh(self) -> None: ...


class ServicesPart(parts.Services, LongRunning, Protocol):
    pass


class AddressPart(parts.ServiceAddress, LongRunning, Protocol):
    changed: parts.Changed


class UplinkPart(parts.Uplink, LongRunning, Protocol):
    changed: parts.Changed


@dataclass(frozen=True)
class Surroundings:
    """What of the machine the agent works with."""

    postgres: PostgresPart
    services: ServicesPart
    address: AddressPart
    uplink: UplinkPart
    guard: Guard
    disks: tuple[Path, ...]
    """Folders on the disks that have to work."""
    file: Path = CLUSTER_PATH
    socket: Path = SOCKET
    forced: Path = FORCED
    version: str = ""
    timing: Timing = field(default_factory=Timing)
    also: tuple[LongRunning, ...] = ()
    """Further parts that run along."""


class EtcdLinks:
    """A part of the agent: its clients of etcd, as itself and, for raft's leader, as root."""

    name = "etcd"

    def __init__(self, clients: Sequence[EtcdClient], *renewed: Callable[[], None]) -> None:
        self._clients = clients
        self._renewed = renewed
        """Others who have certificates in use."""

    def use(self, urls: Sequence[str]) -> None:
        for client in self._clients:
            client.link.use(urls)

    async def open(self) -> None:
        for client in self._clients:
            await client.link.open()

    async def run(self) -> None:
        """Takes renewed certificates into use."""
        while True:
            await asyncio.sleep(CERTIFICATES_SECONDS)
            for client in self._clients:
                client.link.load_certificates()
            for renew in self._renewed:
                renew()

    async def close(self) -> None:
        for client in self._clients:
            await client.link.close()


@dataclass(frozen=True)
class Everybody:
    """Who has to know of the other members."""

    links: EtcdLinks
    leadership: Leadership
    raft: RaftLeader
    peer: UdpPeerLink
    around: Surroundings
    agent: Agent
    wake: asyncio.Event

    def follow(self, cluster: Cluster) -> None:
        """They have changed. Raises OSError without the password's file."""
        other = peer_name(cluster)
        own = own_access(cluster)
        self.links.use(own.endpoints)
        self.leadership.use(own)
        self.raft.targets = raft_targets(cluster)
        self.peer.meet(other, link_paths(cluster))
        self.around.postgres.meet(cluster)
        self.around.guard.use(cluster.watchdog)
        self.agent.meet(other)
        self.wake.set()


class Leaving:
    """A part of the agent: closed after everything that wishes, before the clients that carry it out."""

    name = "leadership"

    def __init__(self, leadership: Leadership, writing: Writing) -> None:
        self._leadership = leadership
        self._writing = writing

    async def open(self) -> None:
        pass

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._writing.close()
        await self._leadership.close()


def access(cluster: Cluster, *, user: str, password: str) -> Access:
    """Raises OSError without the password's file."""
    pki = Path(cluster.pki)
    return Access(
        endpoints=endpoints(cluster),
        certificates=Certificates(pki / "ca.pem", pki / "member.pem", pki / "member.key"),
        user=user,
        password=Secret((pki / password).read_text("ascii").strip()),
    )


def own_access(cluster: Cluster) -> Access:
    """As the pair's own user."""
    return access(cluster, user=cluster.etcd_user, password=PASSWORD)


def endpoints(cluster: Cluster) -> list[str]:
    """Our own member first, then the witness, then the peer."""
    order = sorted(cluster.members, key=lambda member: (member.name != cluster.me, member.part is not Part.WITNESS))
    return [client_url(member) for member in order]


def client_url(member: Member) -> str:
    host = f"[{member.address}]" if ":" in member.address else member.address
    return f"https://{host}:{CLIENT_PORT}"


def peer_name(cluster: Cluster) -> str:
    return cluster.peer.name if cluster.peer is not None else NOBODY


def link_paths(cluster: Cluster) -> list[LinkPath]:
    """The direct link and the network."""
    own, peer = cluster.own, cluster.peer
    if peer is None:
        return []
    direct = [(own.direct, peer.direct)] if own.direct and peer.direct else []
    return [*direct, (own.address, peer.address)]


def assemble(cluster: Cluster, around: Surroundings) -> Supervisor:
    """Everything that the agent of this box runs. Raises OSError when a file of the cluster's pki is missing."""
    wake, run, other = asyncio.Event(), secrets.token_hex(8), peer_name(cluster)
    own = own_access(cluster)
    etcd = EtcdClient(own)
    root = EtcdClient(access(cluster, user="root", password=ROOT_PASSWORD))
    leader = LeaderValue(cluster.me, run)
    raft = RaftLeader(root, client_url(cluster.own), raft_targets(cluster), wake.set)
    keys = KeysReader(etcd, lambda: raft.leader, wake.set)
    leadership = Leadership(own, etcd, leader, wake.set, wrote=keys.read_now)
    writing = Writing(etcd, leader, leadership, lambda: keys.picture, keys.read_now)
    key = derive_key((Path(cluster.pki) / LINK_SECRET).read_bytes().strip(), cluster.name)
    peer = UdpPeerLink(Conversation(key, cluster.me, other, run), link_paths(cluster), around.timing)
    health = MachineHealth(around.disks, wake.set)
    for part in (around.postgres, around.services, around.address, around.uplink, around.guard, peer):
        part.changed = wake.set
    machine = (around.postgres, around.services, around.address, around.uplink, health, around.guard)
    senses = Senses(keys, leadership, peer, *machine)
    hands = Hands(
        address=around.address,
        postgres=around.postgres,
        services=around.services,
        peer=peer,
        guard=around.guard,
        leadership=leadership,
        writing=writing,
        raft=raft,
    )
    links = EtcdLinks((etcd, root), leadership.renew, around.postgres.refresh)
    running: list[LongRunning] = [links, Leaving(leadership, writing), raft, keys]
    running += [
        around.guard,
        around.uplink,
        around.address,
        around.postgres,
        around.services,
        health,
        peer,
        *around.also,
    ]
    supervisor = Supervisor(running)
    agent = Agent(
        cluster.me,
        other,
        senses,
        hands,
        writing,
        wake=wake,
        stop=supervisor.stop,
        timing=around.timing,
        version=around.version,
        refused=lambda: peer.refused,
        forced=around.forced,
    )
    everybody = Everybody(links, leadership, raft, peer, around, agent, wake)
    running += [Membership(cluster, everybody.follow, around.file)]
    running += [Publisher(etcd, cluster.me, agent.status), StatusSocket(agent.report, around.socket), agent]
    return supervisor


def raft_targets(cluster: Cluster) -> tuple[str, ...]:
    """The standby knows of the active's death as soon as the witness does; it is asked first."""
    order = sorted(cluster.members, key=lambda member: member.part is Part.WITNESS)
    return tuple(member.name for member in order if member.name != cluster.me)
