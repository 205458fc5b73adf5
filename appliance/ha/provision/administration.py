"""What only etcd's root may do: members, users, roles."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from appliance.ha.cluster_file import Cluster, Member
from appliance.ha.etcd import model
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdRefusedError, EtcdUnavailableError
from appliance.ha.etcd.gateway import Method
from appliance.ha.etcd.link import Access, Certificates
from appliance.ha.etcd.model import end_of_prefix
from appliance.ha.provision.places import Places
from appliance.ha.provision.roster import AGENT_USER, WITNESS_USER
from appliance.secret import Secret

CLIENT_PORT, PEER_PORT = 2379, 2380
REQUEST_SECONDS, TRY_SECONDS = 6.0, 2.0
OWN_KEYS = b"/hcc/"
WITNESS_KEYS = (b"/hcc/witness/", b"/hcc/requests/")
"""Where the witness may write: its heartbeat, and what it asks the boxes to sign."""
READ, READ_WRITE = 0, 2


class AddReply(model.Reply, frozen=True, kw_only=True):
    member: model.Member = model.Member()
    members: tuple[model.Member, ...] = ()


class Switch(model.Reply, frozen=True, kw_only=True):
    enabled: bool = False


MEMBER_ADD = Method("cluster/member/add", AddReply)
MEMBER_PROMOTE = Method("cluster/member/promote", model.Reply)
MEMBER_REMOVE = Method("cluster/member/remove", model.Reply)
AUTH_STATUS = Method("auth/status", Switch, repeatable=True)
AUTH_ENABLE = Method("auth/enable", model.Reply, repeatable=True)
USER_ADD = Method("auth/user/add", model.Reply)
USER_PASSWORD = Method("auth/user/changepw", model.Reply, repeatable=True)
USER_GRANT = Method("auth/user/grant", model.Reply, repeatable=True)
ROLE_ADD = Method("auth/role/add", model.Reply)
ROLE_GRANT = Method("auth/role/grant", model.Reply, repeatable=True)


def url(address: str, port: int) -> str:
    return f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"


def client_url(address: str) -> str:
    return url(address, CLIENT_PORT)


def peer_url(address: str) -> str:
    return url(address, PEER_PORT)


def access(
    places: Places,
    cluster: Cluster,
    *,
    as_root: bool,
    asked: Sequence[Member] = (),
    seconds: float = REQUEST_SECONDS,
) -> Access:
    """All members, our own first; or those that are to be asked."""
    others = [member for member in cluster.members if member.name != cluster.me]
    password = places.root_password if as_root else places.password
    return Access(
        endpoints=[client_url(member.address) for member in asked or (cluster.own, *others)],
        certificates=Certificates(places.authority, places.certificate, places.key),
        user="root" if as_root else cluster.etcd_user,
        password=Secret(password.read_text("ascii").strip()),
        request_seconds=seconds,
        try_seconds=min(seconds, TRY_SECONDS),
    )


@dataclass(frozen=True)
class Passwords:
    root: str
    agent: str
    witness: str


def initial_cluster(seats: Sequence[model.Member], new: Member) -> str:
    """What etcd wants to be told at its first start: exactly the members there are, each by name and address."""
    own = peer_url(new.address)
    return ",".join(f"{new.name if own in seat.peer_urls else seat.name}={seat.peer_urls[0]}" for seat in seats)


class NotInStepError(Exception):
    """The learner has not yet everything that the others have."""


class Administration:
    """Each method may be repeated after whatever became of it."""

    def __init__(self, etcd: EtcdClient) -> None:
        self._etcd = etcd

    # -- members -----------------------------------------------------------------------------------

    async def find(self, address: str) -> model.Member | None:
        """The member at that address."""
        return next((one for one in await self._etcd.members() if peer_url(address) in one.peer_urls), None)

    async def add_learner(self, address: str) -> tuple[model.Member, ...]:
        """A member that listens and does not vote yet; whoever had that address is taken out first."""
        await self.remove(address)
        request = {"peerURLs": [peer_url(address)], "isLearner": True}
        return (await self._etcd.link.ask(MEMBER_ADD, request)).reply.members

    async def remove(self, address: str) -> bool:
        """Whether there was one."""
        found = await self.find(address)
        if found is not None:
            await self._etcd.link.ask(MEMBER_REMOVE, {"ID": found.id})
        return found is not None

    async def promote(self, member: model.Member) -> None:
        """Let it vote. Raises NotInStepError."""
        try:
            await self._etcd.link.ask(MEMBER_PROMOTE, {"ID": member.id})
        except (EtcdRefusedError, EtcdUnavailableError) as error:
            if "in sync" in str(error) or "not ready" in str(error):
                raise NotInStepError from error
            raise

    async def promote_learners(self) -> int:
        """All that are in step; how many there were."""
        learners = [member for member in await self._etcd.members() if member.is_learner and member.name]
        for learner in learners:
            await self.promote(learner)
        return len(learners)

    # -- users -------------------------------------------------------------------------------------

    async def users_are_on(self) -> bool:
        return (await self._etcd.link.ask(AUTH_STATUS, {})).reply.enabled

    async def switch_users_on(self, passwords: Passwords) -> None:
        """Root for members only; the boxes' agents and the witness have what they need and nothing else."""
        everything = (OWN_KEYS, READ_WRITE)
        await self._role(AGENT_USER, everything)
        await self._role(WITNESS_USER, (OWN_KEYS, READ), *((key, READ_WRITE) for key in WITNESS_KEYS))
        await self._user("root", passwords.root, "root")
        await self._user(AGENT_USER, passwords.agent, AGENT_USER)
        await self._user(WITNESS_USER, passwords.witness, WITNESS_USER)
        await self._etcd.link.ask(AUTH_ENABLE, {})

    async def _role(self, name: str, *rights: tuple[bytes, int]) -> None:
        await self._unless_there(ROLE_ADD, {"name": name})
        for prefix, kind in rights:
            permission = _Permission(kind, prefix, end_of_prefix(prefix))
            await self._etcd.link.ask(ROLE_GRANT, {"name": name, "perm": msgspec.to_builtins(permission)})

    async def _user(self, name: str, password: str, role: str) -> None:
        await self._unless_there(USER_ADD, {"name": name, "password": password})
        await self._etcd.link.ask(USER_PASSWORD, {"name": name, "password": password})
        await self._etcd.link.ask(USER_GRANT, {"user": name, "role": role})

    async def _unless_there(self, method: Method[model.Reply], request: object) -> None:
        try:
            await self._etcd.link.ask(method, request)
        except EtcdRefusedError as error:
            if "already exists" not in error.text:
                raise


class _Permission(msgspec.Struct, frozen=True):
    perm_type: int = msgspec.field(name="permType")
    key: bytes
    range_end: bytes
