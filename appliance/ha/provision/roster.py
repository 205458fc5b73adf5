"""Who is in the cluster: one key in etcd is the truth, each machine's cluster.toml is its copy."""

import contextlib
import json
from collections.abc import Mapping

import msgspec

from appliance.config import ConfigError
from appliance.ha import cluster_file
from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.model import KeyValue, Put, is_absent, is_at
from appliance.ha.provision.errors import FullError, RefusedError, UnknownMemberError
from appliance.ha.provision.places import Places, write

ROSTER_KEY = b"/hcc/members"
AGENT_USER = "hcc"
WITNESS_USER = "witness"


class Roster(msgspec.Struct, frozen=True):
    name: str
    members: tuple[Member, ...]
    service: ServiceAddress

    def find(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name == name), None)

    def member(self, name: str) -> Member:
        """Raises UnknownMemberError."""
        found = self.find(name)
        if found is None:
            raise UnknownMemberError(name)
        return found

    def with_member(self, new: Member) -> Roster:
        """`new` in the place of the one that had its name. Raises FullError, or RefusedError for what cannot be."""
        others = [member for member in self.members if member.name != new.name]
        for other in others:
            if {new.address, new.direct} & ({other.address, other.direct} - {None}):
                raise RefusedError(f"{new.address} is {other.name}'s")
        if new.address in {self.service.v4, self.service.v6}:
            raise RefusedError(f"{new.address} is the service address")
        if sum(other.part is new.part for other in others) >= (2 if new.part is Part.BOX else 1):
            raise FullError(new.part.value)
        return msgspec.structs.replace(self, members=(*others, new))

    def without(self, name: str) -> Roster:
        gone = self.member(name)
        return msgspec.structs.replace(self, members=tuple(one for one in self.members if one != gone))

    def free_name(self, part: Part) -> str:
        """What a new member is called that did not say."""
        if part is Part.WITNESS:
            return "witness"
        return next(name for name in ("box1", "box2", "box3") if self.find(name) is None)

    def seen_from(self, me: str) -> Cluster:
        part = self.member(me).part
        user = AGENT_USER if part is Part.BOX else WITNESS_USER
        return Cluster(name=self.name, me=me, members=self.members, service=self.service, etcd_user=user)


def of_cluster(cluster: Cluster) -> Roster:
    return Roster(cluster.name, cluster.members, cluster.service)


async def load(etcd: EtcdClient) -> tuple[Roster | None, KeyValue | None]:
    """And the key that it was read from, for `store`."""
    found = await etcd.get(ROSTER_KEY)
    return (None if found is None else msgspec.json.decode(found.value, type=Roster)), found


async def store(etcd: EtcdClient, roster: Roster, known: KeyValue | None) -> None:
    """Raises EtcdCompareError when somebody changed it meanwhile."""
    condition = is_absent(ROSTER_KEY) if known is None else is_at(ROSTER_KEY, known.mod_revision)
    await etcd.write([condition], [Put(key=ROSTER_KEY, value=msgspec.json.encode(roster))])


def toml(cluster: Cluster) -> str:
    """The text of a cluster.toml; what is not set is left out."""
    top = {"name": cluster.name, "me": cluster.me, "etcd_user": cluster.etcd_user, "pki": cluster.pki}
    top |= {"watchdog": cluster.watchdog.value} if cluster.own.part is Part.BOX else {}
    parts = [_lines(top), "[service]", _lines(msgspec.to_builtins(cluster.service))]
    for member in cluster.members:
        parts += ["[[members]]", _lines(msgspec.to_builtins(member))]
    return "\n".join(["# Written by `hcc cluster`; the truth is in etcd, only `watchdog` is decided here.", *parts, ""])


def _lines(values: Mapping[str, object]) -> str:
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None) + "\n"


def keep(places: Places, cluster: Cluster) -> bool:
    """Bring cluster.toml up to date, all but what this machine alone decides; whether it was not."""
    with contextlib.suppress(ConfigError):
        present = cluster_file.load(places.cluster_file)
        cluster = cluster if present is None else msgspec.structs.replace(cluster, watchdog=present.watchdog)
    text = toml(cluster)
    if places.cluster_file.exists() and places.cluster_file.read_text("utf-8") == text:
        return False
    write(places.cluster_file, text, mode=0o644)
    return True
