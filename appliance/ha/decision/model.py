"""What a node of the pair remembers (`Memory`) and observes (`Seen`). All frozen; times are BOOTTIME ms."""

from enum import StrEnum

import msgspec

from appliance.ha.decision.promise import Ask
from appliance.ha.decision.timing import Boottime


class State(StrEnum):
    BOOT = "boot"
    JOIN = "join"
    STANDBY = "standby"
    CAMPAIGN = "campaign"
    PROMOTE = "promote"
    ACTIVE = "active"
    ACTIVE_PROMISED = "active_promised"
    ACTIVE_SOLO = "active_solo"
    DRAIN = "drain"
    DEMOTE = "demote"
    MAINT = "maint"
    HOLD = "hold"
    FAILED = "failed"


SERVING = frozenset({State.ACTIVE, State.ACTIVE_PROMISED, State.ACTIVE_SOLO, State.DRAIN})
"""States in which the node holds the service address."""
QUIET = frozenset({State.JOIN, State.STANDBY, State.MAINT, State.HOLD, State.FAILED})
"""States in which nothing of the node serves, and it may promise to keep it so."""


class Role(StrEnum):
    """What PostgreSQL is doing here."""

    DOWN = "down"
    STANDBY = "standby"
    PRIMARY = "primary"


class Leader(msgspec.Struct, frozen=True):
    """The leader key. Its create_revision is the epoch."""

    node: str
    epoch: int


class Sync(msgspec.Struct, frozen=True):
    """The `sync` key: who has every acknowledged commit."""

    primary: str | None = None
    standby: str | None = None
    revision: int = 0
    """Its mod_revision; every write compares it."""

    def lists(self, node: str) -> bool:
        return node in {self.primary, self.standby}


class Desired(msgspec.Struct, frozen=True):
    """The `desired` key: what people want. Durable."""

    maintenance: str | None = None
    """This node keeps out until the active clears it."""
    maintenance_ends: bool = False
    switchover: str | None = None
    """This node is to become active."""
    drain_ms: int = 0
    """How long a switch-over waits for calls to end."""
    hold: bool = False
    """Too many fail-overs: none by itself until a person clears it."""
    revision: int = 0


class Etcd(msgspec.Struct, frozen=True):
    """The last linearizable read. Kept when etcd falls silent; `read_at` tells its age."""

    read_at: Boottime | None = None
    """When the read was sent off; None: never since the start."""
    revision: int = 0
    leader: Leader | None = None
    sync: Sync = Sync()
    desired: Desired = Desired()
    failovers: int = 0
    """Automatic ones of the last hour, since a person last cleared the hold."""
    raft_leader: str | None = None
    witness: bool = True
    """Whether the witness was heard of in the last minute."""


class Lease(msgspec.Struct, frozen=True):
    """Our own lease with the leader key on it, as the lease keeper knows."""

    epoch: int
    until: Boottime
    """The moment before the last answered keep-alive was sent, plus the lease's length."""
    confirmed_at: Boottime
    """The moment before the last answered keep-alive was sent."""


class Peer(msgspec.Struct, frozen=True):
    """The other box over the direct link."""

    heard_at: Boottime | None = None
    fitness: int = 0
    sees_gateway: bool = False
    epoch: int = 0
    """The epoch in which it serves; 0: it does not."""
    able: bool = True
    """Nothing of its machine keeps it from becoming active."""
    promised_until: Boottime = 0
    """`promise.believed_until` of its latest answer."""
    ask: Ask | None = None
    """It asks for our promise and waits for an answer."""


class Postgres(msgspec.Struct, frozen=True):
    role: Role = Role.DOWN
    accepting: bool = False
    busy: bool = False
    """A start, stop, promotion, rejoin or change of `synchronous_standby_names` is under way."""
    streaming: bool = False
    """As standby: receives from the active. As primary: the peer receives from here."""
    divergent: bool = False
    """As standby: has what the active's time line does not have."""
    rejoin_failures: int = 0
    names: str | None = None
    """As primary: the peer's name when commits wait for it."""
    caught_up: bool = False
    """As primary: the peer is `sync` and has everything."""
    oldest_wait_ms: int = 0
    """As primary: how long the oldest commit has been waiting for the peer."""
    wal_received_at: Boottime | None = None
    """As standby: when something last came from a primary."""


class Services(msgspec.Struct, frozen=True):
    """Asterisk, desk, admin, workers: the active target."""

    running: bool = False
    """All of them."""
    stopped: bool = True
    """Every one of them."""
    failed: bool = False
    """One of them is dead or does not answer."""
    restarts: int = 0
    """Of the last minute."""
    calls: int = 0


class WatchdogState(StrEnum):
    """The hardware watchdog of this machine."""

    NONE = "none"
    """There is none that fits, or it is switched off."""
    READY = "ready"
    """It stands still; it has to count before anything is promoted."""
    COUNTS = "counts"
    """It resets the machine unless it is fed or stopped. At the agent's start: somebody may have left it so."""
    MISSING = "missing"
    """It is required, and there is none that fits: only a person's word makes this box active."""


class Health(msgspec.Struct, frozen=True):
    fitness: int = 100
    gateway: bool = True
    """Carrier and gateway of the uplink."""
    disk_failed: bool = False
    """Read-only, EIO or a failed array; a full disk is not among them: the peer's is as full."""
    address_held: bool = False
    address_conflict: bool = False
    """Somebody answers for the service address."""
    watchdog: WatchdogState = WatchdogState.NONE


class Seen(msgspec.Struct, frozen=True):
    """Everything that a node observes at one instant."""

    at: Boottime
    me: str
    other: str
    etcd: Etcd = Etcd()
    lease: Lease | None = None
    peer: Peer = Peer()
    postgres: Postgres = Postgres()
    services: Services = Services()
    health: Health = Health()
    forced: bool = False
    """Break-glass: a person typed that the other box is switched off."""

    @property
    def reads(self) -> bool:
        """Whether etcd has a quorum and answers us."""
        return self.etcd.read_at is not None and self.at - self.etcd.read_at < 2_000

    @property
    def hears_peer(self) -> bool:
        return self.peer.heard_at is not None and self.at - self.peer.heard_at < 2_000

    @property
    def peer_in_maintenance(self) -> bool:
        desired = self.etcd.desired
        return desired.maintenance == self.other and not desired.maintenance_ends


class Cause(StrEnum):
    """Why a node became active, or stopped being it; the history tells it."""

    FIRST_START = "first_start"
    REGAINED = "regained"
    """It served all the time and won its lease anew."""
    PEER_GONE = "peer_gone"
    RETURNED = "returned"
    """The last primary took over from nobody."""
    NOBODY_ELSE = "nobody_else"
    """It stepped down for its bad health, and the peer did not take over."""
    SWITCHOVER = "switchover"
    FORCED = "forced"
    RIGHT_LOST = "right_lost"
    OUTVOTED = "outvoted"
    NOT_LISTED = "not_listed"
    START_FAILED = "start_failed"
    SERVICES = "services"
    POSTGRES = "postgres"
    UPLINK = "uplink"
    DISK = "disk"


BAD_HEALTH = frozenset({Cause.SERVICES, Cause.POSTGRES, Cause.UPLINK})
COUNTED = frozenset({Cause.PEER_GONE, Cause.NOBODY_ELSE})
"""Causes of becoming active that count as an automatic fail-over."""


class Memory(msgspec.Struct, frozen=True):
    """What a node remembers from one decision to the next; lost with a restart, and safe without."""

    state: State
    since: Boottime
    started_at: Boottime
    pledged_until: Boottime
    """Keeps still until then: promised to the peer, or just started."""
    cause: Cause = Cause.FIRST_START
    """Of the last promotion or demotion."""
    epoch: int = 0
    leader_seen: bool = False
    """Somebody led since we started: no cold start."""
    key_gone_since: Boottime | None = None
    demoted_at: Boottime | None = None
    postgres_down_since: Boottime | None = None
    peer_stable_since: Boottime | None = None
    """As active: since when the peer streams without a break."""
    dropped: bool = False
    """As active: the peer was dropped since we are; it has to be steady for longer before it comes back."""
    adding: int | None = None
    """R3: the revision of `sync` against which the peer was written into it; the write may still arrive."""
