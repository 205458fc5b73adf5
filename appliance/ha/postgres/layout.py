"""Where everything of one box's database is, and who its neighbours are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from appliance.ha.cluster_file import Cluster, Member

REPLICA_ROLE = "hcc_replica"
"""Who the standby is to the primary: may read the log of changes and, for pg_rewind, files of the data folder."""


@dataclass(frozen=True)
class Layout:
    home: Path = Path("/var/lib/hcc-postgresql")
    sockets: Path = Path("/run/postgresql")
    binaries: Path = Path("/usr/lib/postgresql/18/bin")
    user: str = "postgres"

    @property
    def data(self) -> Path:
        return self.home / "18"

    @property
    def clone(self) -> Path:
        """A copy of the primary that is being fetched."""
        return self.home / "18.clone"

    @property
    def before(self) -> Path:
        """The data folder that a clone has replaced, until the clone is seen to work."""
        return self.home / "18.before"

    def foreign(self, identifier: int) -> Path:
        """Data of another database that a clone has replaced; only a person removes it."""
        return self.home / f"18.foreign-{identifier}"

    @property
    def mark(self) -> Path:
        """Is there while the data folder is being changed by pg_rewind or replaced: it must not be started."""
        return self.home / "18.rejoining"

    @property
    def pair(self) -> Path:
        """Settings of the pair, outside the data folder: rewinding and cloning leave them alone."""
        return self.home / "pair"

    @property
    def tls(self) -> Path:
        return self.pair / "tls"

    def binary(self, name: str) -> str:
        return str(self.binaries / name)


@dataclass
class Ends:
    """The two ends of replication. All parts share one: the peer may come, go or change while they run."""

    me: str
    addresses: tuple[str, ...]
    peer: str | None
    peer_addresses: tuple[str, ...]
    """The direct link first: it is tried first."""
    pki: Path
    port: int = 5432

    @classmethod
    def of(cls, cluster: Cluster) -> Self:
        peer = cluster.peer
        return cls(
            me=cluster.me,
            addresses=_addresses(cluster.own),
            peer=peer.name if peer is not None else None,
            peer_addresses=_addresses(peer) if peer is not None else (),
            pki=Path(cluster.pki),
        )

    def meet(self, cluster: Cluster) -> None:
        """The peer as it is now."""
        now = self.of(cluster)
        self.peer, self.peer_addresses = now.peer, now.peer_addresses

    @property
    def slot(self) -> str:
        """Of our standby on the primary. Names of members have no underscores, so this is as unique as they are."""
        return slot_of(self.me)


def slot_of(name: str) -> str:
    return f"hcc_{name.replace('-', '_')}"


def _addresses(member: Member) -> tuple[str, ...]:
    direct = () if member.direct is None else (member.direct,)
    return tuple(dict.fromkeys((*direct, member.address)))
