"""The file that makes a box one of a pair, or the witness: /etc/hcc/cluster.toml. Without it a box stands alone."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from appliance import config

CLUSTER_PATH = Path("/etc/hcc/cluster.toml")
ACTIVE_MARK = Path("/run/hcc/active")
"""There on a box of a pair as long as it is to be the active one; its agent sets it, and takes it away first."""

type Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,30}$")]
type Address = Annotated[str, msgspec.Meta(pattern="^[0-9a-f.:]+$")]
type Interface = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,15}$")]


class Part(StrEnum):
    """What a machine is in the cluster."""

    BOX = "box"
    WITNESS = "witness"


class WatchdogMode(StrEnum):
    """Of a box's hardware watchdog."""

    REQUIRED = "required"
    """Without a device that fits this box does not become active."""
    AUTO = "auto"
    """Used where there is one that fits."""
    OFF = "off"


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the three machines."""

    name: Name
    part: Part
    address: Address
    """On the hospital's network; etcd's members talk over it."""
    direct: Address | None = None
    """On the direct link between the boxes, where there is one: replication and promises go over it."""


class ServiceAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What telephones, browsers and the carrier know; it goes where the active box is."""

    interface: Interface
    v4: Address
    v6: Address | None = None
    gateway: Address | None = None
    """Reachable from a healthy uplink; none: only the carrier of the interface is watched."""


class Cluster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Three members, the same on each machine but for `me` and `watchdog`."""

    name: Name
    me: Name
    members: tuple[Member, ...]
    service: ServiceAddress
    etcd_user: str = "hcc"
    pki: str = "/etc/hcc/pki"
    """Folder of ca.pem, member.pem, member.key and etcd.password."""
    watchdog: WatchdogMode = WatchdogMode.AUTO
    """Of this machine alone."""

    def member(self, name: str) -> Member:
        return next(member for member in self.members if member.name == name)

    @property
    def own(self) -> Member:
        return self.member(self.me)

    @property
    def boxes(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.part is Part.BOX)

    @property
    def peer(self) -> Member | None:
        """The other box; none before a second one has joined, and none for the witness."""
        if self.own.part is Part.WITNESS:
            return None
        return next((member for member in self.boxes if member.name != self.me), None)


def load(path: Path = CLUSTER_PATH) -> Cluster | None:
    """Read the file; None when the box stands alone. Raises `config.ConfigError` with file, line and reason."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise config.ConfigError(f"{path}: {error}") from error
    cluster = config.read(text, str(path), Cluster)
    names = [member.name for member in cluster.members]
    if cluster.me not in names:
        raise config.ConfigError(f"{path}: no member is called {cluster.me!r}")
    if len(set(names)) != len(names) or len(cluster.boxes) > 2:
        raise config.ConfigError(f"{path}: at most two boxes, and every member has a name of its own")
    return cluster


def box_of(cluster: Cluster | None) -> Cluster:
    """Raises `config.ConfigError` when this machine is no box of a cluster."""
    if cluster is None:
        raise config.ConfigError(f"{CLUSTER_PATH}: there is none: this box stands alone")
    if cluster.own.part is Part.WITNESS:
        raise config.ConfigError(f"{CLUSTER_PATH}: this machine is the witness")
    return cluster
