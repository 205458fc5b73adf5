"""etcd as far as it matters: quorum, an election that takes its time, leases that begin anew with it, compare-and-swap.

A raft leader in a minority still answers keep-alives for one election time-out, as the real one does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec.structs import replace

from appliance.ha.decision.actions import Campaign
from appliance.ha.decision.model import COUNTED, Desired, Leader, Sync
from tests.ha.world.network import BOXES, Network

MEMBERS = (*BOXES, "w")
LEASE_MS = 5_000
ELECTION_MS = 1_000
HOUR_MS = 3_600_000


class Clockwork(Protocol):
    now: int

    def after(self, delay: int, deed: Callable[[], None]) -> None: ...


@dataclass
class Grant:
    node: str
    expires: int
    life: int = 0


@dataclass
class Etcd:
    clock: Clockwork
    net: Network
    alive: Callable[[str], bool]
    """Whether a member runs."""
    changed: Callable[[], None]
    """The leader key changed: those who watch read again."""
    wrote_sync: Callable[[Sync], None]
    raft_leader: str | None = "w"
    revision: int = 10
    leader: Leader | None = None
    leader_lease: int | None = None
    sync: Sync = field(default_factory=Sync)
    desired: Desired = field(default_factory=Desired)
    leases: dict[int, Grant] = field(default_factory=dict)
    failovers: list[int] = field(default_factory=list)
    lost_at: int | None = None
    elections: int = 0
    full: bool = False
    """Its quota is used up: it refuses to write, and keeps leases alive."""

    # -- raft ------------------------------------------------------------------------------------------

    def has_quorum(self, member: str | None) -> bool:
        if member is None or not self.alive(member):
            return False
        return sum(self.alive(other) and self.net.both(member, other) for other in MEMBERS) >= 2

    def reassess(self) -> None:
        """After every change of the network or of who runs."""
        if self.has_quorum(self.raft_leader):
            self.lost_at = None
            return
        self.lost_at = self.clock.now if self.lost_at is None else self.lost_at
        self.elections += 1
        election = self.elections
        delay = self.net.chance.randint(ELECTION_MS, 2 * ELECTION_MS)
        self.clock.after(delay, lambda: self._elect(election))

    def _elect(self, election: int) -> None:
        if election != self.elections or self.lost_at is None:
            return
        able = [member for member in MEMBERS if self.has_quorum(member)]
        if not able:
            return
        self.raft_leader, self.lost_at = self.net.chance.choice(able), None
        for lease in list(self.leases):
            self._extended(lease)
        self.changed()

    def move_leader(self, away_from: str) -> None:
        others = [member for member in MEMBERS if member != away_from and self.has_quorum(member)]
        if self.raft_leader == away_from and others:
            self.raft_leader = others[0]

    # -- leases ----------------------------------------------------------------------------------------

    def _extended(self, lease: int) -> None:
        grant = self.leases[lease]
        grant.expires = self.clock.now + LEASE_MS
        grant.life += 1
        life = grant.life
        self.clock.after(LEASE_MS, lambda: self._expire(lease, life))

    def _expire(self, lease: int, life: int) -> None:
        grant = self.leases.get(lease)
        if grant is None or grant.life != life:
            return
        if self.has_quorum(self.raft_leader):
            self.revoke(lease)
        else:
            self.clock.after(200, lambda: self._expire(lease, life))

    def revoke(self, lease: int) -> None:
        self.leases.pop(lease, None)
        if self.leader is not None and self.leader_lease == lease:
            self.revision += 1
            self.leader, self.leader_lease = None, None
            self.changed()

    def keep_alive(self, lease: int) -> bool:
        if lease not in self.leases:
            return False
        self._extended(lease)
        return True

    # -- transactions ----------------------------------------------------------------------------------

    def campaign(self, node: str, lease: int, wish: Campaign) -> int | None:
        """The epoch, if the key was free and nothing had been written since it was read."""
        if self.full or lease in self.leases or self.leader is not None:
            return None
        if (self.sync.revision, self.desired.revision) != (wish.sync_revision, wish.desired_revision):
            return None
        self.revision += 1
        self.leases[lease] = Grant(node, 0)
        self._extended(lease)
        self.leader, self.leader_lease = Leader(node, self.revision), lease
        if wish.cause in COUNTED:
            self.failovers.append(self.clock.now)
        self.changed()
        return self.revision

    def record_sync(self, lease: int | None, primary: str, standby: str | None, revision: int) -> None:
        if self.full or lease is None or self.leader_lease != lease or self.sync.revision != revision:
            return
        self.revision += 1
        self.sync = Sync(primary, standby, self.revision)
        self.wrote_sync(self.sync)

    def want(self, **changes: Any) -> None:
        """A person, or the active on a person's behalf, changes `desired`."""
        self.revision += 1
        self.desired = replace(self.desired, **changes, revision=self.revision)

    def failovers_of_last_hour(self) -> int:
        return sum(self.clock.now - at < HOUR_MS for at in self.failovers)
