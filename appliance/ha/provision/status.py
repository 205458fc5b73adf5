"""What `hcc cluster status` shows: members as etcd knows them, who answers, how long the certificates last."""

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from appliance.ha.cluster_file import Cluster, Member
from appliance.ha.etcd import model
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdError
from appliance.ha.provision import certificates, roster
from appliance.ha.provision.administration import CLIENT_PORT, access, client_url
from appliance.ha.provision.errors import CommandError
from appliance.ha.provision.places import Places

AGENT_SOCKET = Path("/run/hcc/ha.sock")
ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class Seat:
    """One member."""

    member: Member
    role: str
    """voting, learner or absent, as etcd's list has it."""
    health: str
    leads: bool
    certificate_ends: datetime | None

    @property
    def healthy(self) -> bool:
        return self.role == "voting" and self.health == "healthy"


async def seats(places: Places, cluster: Cluster) -> list[Seat]:
    """All members at once; who does not answer is shown so."""
    known, listed = await _known(places, cluster)
    return list(await asyncio.gather(*(_seat(places, cluster, member, listed) for member in known)))


async def _known(places: Places, cluster: Cluster) -> tuple[tuple[Member, ...], tuple[model.Member, ...] | None]:
    """Members as agreed on, and as etcd lists them; only our own copy and None when nobody answers who knows."""
    async with EtcdClient(access(places, cluster, as_root=False)) as etcd:
        try:
            agreed, _ = await roster.load(etcd)
            return (agreed or cluster).members, await etcd.members()
        except EtcdError:
            return cluster.members, None


async def _seat(places: Places, cluster: Cluster, member: Member, listed: tuple[model.Member, ...] | None) -> Seat:
    url = client_url(member.address)
    found = next((one for one in listed or () if url in one.client_urls), None)
    role = "unknown" if listed is None else "absent" if found is None else "learner" if found.is_learner else "voting"
    health, leads = await _health(places, cluster, member)
    ends = await asyncio.to_thread(_certificate_ends, places, cluster, member)
    return Seat(member, role, health, leads, ends)


async def _health(places: Places, cluster: Cluster, member: Member) -> tuple[str, bool]:
    """Whether that very member can read what all have agreed on; a box can also tell who leads."""
    as_root = places.root_password.exists()
    async with EtcdClient(access(places, cluster, as_root=as_root, only=member)) as etcd:
        try:
            await etcd.get(b"/hcc/members", seconds=ANSWER_SECONDS)
            if not as_root:
                return "healthy", False
            status = await etcd.status(client_url(member.address), seconds=ANSWER_SECONDS)
        except EtcdError as error:
            return _short(error), False
    return "healthy", status.leader == status.member_id


def _short(error: EtcdError) -> str:
    text = str(error)
    return "a learner" if "learner" in text else "no leader" if "no leader" in text else "no answer"


def _certificate_ends(places: Places, cluster: Cluster, member: Member) -> datetime | None:
    """As that member shows it now: what counts is what etcd has loaded."""
    if member.name == cluster.me:
        with contextlib.suppress(CommandError):
            return certificates.ends_at(places.certificate)
        return None
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(places.authority))
    context.load_cert_chain(places.certificate, places.key)
    try:
        with (
            socket.create_connection((member.address, CLIENT_PORT), ANSWER_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=member.address) as secure,
        ):
            shown = secure.getpeercert() or {}
    except OSError:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def agent_status(path: Path = AGENT_SOCKET) -> object | None:
    """What this box's agent says, when there is one."""
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(ANSWER_SECONDS)
            link.connect(str(path))
            said = b"".join(iter(lambda: link.recv(2**16), b""))
        found: object = msgspec.json.decode(said)
    except OSError, msgspec.DecodeError:
        return None
    return found
