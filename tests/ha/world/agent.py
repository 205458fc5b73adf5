"""A box and its agent: observes, decides with the real rules, carries out. Everything takes its time and may fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec.structs import replace

from appliance.ha.decision import decide, promise
from appliance.ha.decision.model import SERVING, Health, Lease, Memory, Peer, Postgres, Role, Seen, Services, State
from appliance.ha.decision.model import Etcd as EtcdView
from appliance.ha.decision.promise import Ask
from appliance.ha.decision.timing import Timing
from appliance.ha.decision.verdict import Verdict
from tests.ha.world.etcd import LEASE_MS, Etcd
from tests.ha.world.network import CLIENTS, DIRECT, Network
from tests.ha.world.postgres import Database

STEP_MS, READ_MS, KEEP_MS, BEAT_MS = 200, 500, 1_000, 500
TRY_MS = 550
WATCHDOG_MS = 3_100
KERNEL_LATE_MS = 310


class Surroundings(Protocol):
    """What a box needs of the world."""

    now: int
    net: Network
    etcd: Etcd
    checks: Any
    timing: Timing

    def after(self, delay: int, deed: Callable[[], None]) -> None: ...
    def peer_of(self, box: Box) -> Box: ...
    def carry_out(self, box: Box, action: Any) -> None: ...
    def decided(self, box: Box, before: Memory, verdict: Verdict) -> None: ...


@dataclass
class Box:
    name: str
    other: str
    world: Surroundings
    clock_offset: int = 0
    powered: bool = True
    frozen: bool = False
    """Everything stands still, the clock goes on."""
    paused: bool = False
    """Everything stands still, the clock too (a virtual machine)."""
    agent_frozen: bool = False
    agent_dead: bool = False
    life: int = 0
    """Of the agent; what was meant for an earlier one is void."""
    inbox: list[Callable[[], None]] = field(default_factory=list)
    memory: Memory = field(default_factory=lambda: Memory(State.BOOT, 0, 0, 0))
    view: EtcdView = field(default_factory=EtcdView)
    endpoint: int = 0
    reading: int | None = None
    lease: Lease | None = None
    lease_id: int | None = None
    released: set[int] = field(default_factory=set)
    letting_expire: bool = False
    campaigning: bool = False
    peer: Peer = field(default_factory=Peer)
    db: Database = field(default_factory=Database)
    services: str = "stopped"
    services_turn: int = 0
    restarts: list[int] = field(default_factory=list)
    refusing: bool = False
    calls: int = 0
    address_until: int = 0
    """World's time at which the kernel removes the service address."""
    disk_failed: bool = False
    conflict: bool = False
    etcd_dead: bool = False
    writes_late: int = 0
    """How late its transactions may reach etcd, though its reads do not: they use connections of their own."""
    forced: bool = False
    waking: bool = False
    trouble_until: int = -1_000_000
    """World's time until which its processes got no time."""
    paused_until: int = -1_000_000
    still_since: int = 0
    right_until: int = 0
    """When the last right that was seen ends (I5)."""

    # -- time and life ---------------------------------------------------------------------------------

    def clock(self) -> int:
        return self.world.now + self.clock_offset

    @property
    def running(self) -> bool:
        """Kernel and processes get time."""
        return self.powered and not self.frozen and not self.paused

    @property
    def agent_runs(self) -> bool:
        return self.running and not self.agent_frozen and not self.agent_dead

    @property
    def holds_address(self) -> bool:
        return self.powered and self.world.now < self.address_until

    @property
    def serves(self) -> bool:
        """A client that reaches the address is served."""
        return self.holds_address and self.running and self.services == "running"

    def later(self, delay: int, deed: Callable[[], None]) -> None:
        """For the agent's present life; what comes while it is frozen waits in its sockets."""
        life = self.life

        def arrive() -> None:
            if life != self.life:
                return
            if self.agent_runs:
                deed()
            elif self.powered and not self.agent_dead:
                self.inbox.append(arrive)

        self.world.after(delay, arrive)

    def thawed(self) -> None:
        waiting, self.inbox = self.inbox, []
        for deed in waiting:
            deed()

    def start_agent(self) -> None:
        self.life += 1
        self.agent_dead = self.agent_frozen = self.waking = False
        self.inbox = []
        self.memory = decide.started(self.clock(), self.world.timing)
        self.view, self.reading, self.peer, self.right_until = EtcdView(), None, Peer(), 0
        self.lease, self.lease_id, self.letting_expire, self.campaigning = None, None, False, False
        self.begin_rounds()

    def begin_rounds(self) -> None:
        for rounds, every in ((self.step, STEP_MS), (self.read, READ_MS), (self.keep, KEEP_MS), (self.beat, BEAT_MS)):
            self._round(rounds, every, self.world.net.chance.randrange(every))

    def _round(self, deed: Callable[[], None], every: int, delay: int) -> None:
        def again() -> None:
            deed()
            self._round(deed, every, every)

        self.later(delay, again)

    # -- etcd ------------------------------------------------------------------------------------------

    def ask_etcd(
        self,
        deed: Callable[[], Any],
        answered: Callable[[Any], None],
        failed: Callable[[], None],
        *,
        keeps: bool = False,
        late: int = 0,
    ) -> None:
        """One try at one endpoint; `deed` may be done although no answer comes, and as late as the network likes."""
        world, net = self.world, self.world.net
        member = self._endpoints()[self.endpoint % 3]
        leader = world.etcd.raft_leader or member
        state = {"open": True}

        def close() -> None:
            if state["open"]:
                state["open"] = False
                self.endpoint += 1
                failed()

        def at_leader() -> None:
            if not self._served(member, keeps=keeps):
                return
            result = deed()
            if net.passes(member, self.name):
                delay = net.latency(leader, member) + net.latency(member, self.name)
                self.later(delay, lambda: reply(result))

        def reply(result: Any) -> None:
            if state["open"]:
                state["open"] = False
                answered(result)

        self.later(TRY_MS, close)
        if net.passes(self.name, member):
            world.after(late + net.latency(self.name, member) + net.latency(member, leader), at_leader)

    def _endpoints(self) -> tuple[str, str, str]:
        return (self.name, "w", self.other)

    def _served(self, member: str, *, keeps: bool) -> bool:
        etcd = self.world.etcd
        leader = etcd.raft_leader
        if leader is None or not etcd.alive(member) or not etcd.alive(leader):
            return False
        if not self.world.net.both(member, leader):
            return False
        stale = etcd.lost_at is not None and self.world.now - etcd.lost_at < 1_000
        return etcd.has_quorum(leader) or (keeps and stale)

    def read(self) -> None:
        """A linearizable read; at most one at a time."""
        if self.reading is not None:
            return
        asked = self.reading = self.clock()

        def answered(view: EtcdView) -> None:
            self.reading = None
            self.view = replace(view, read_at=asked)
            self.wake()

        def failed() -> None:
            self.reading = None

        self.ask_etcd(self._view, answered, failed)

    def _view(self) -> EtcdView:
        etcd = self.world.etcd
        return EtcdView(
            None, etcd.revision, etcd.leader, etcd.sync, etcd.desired, etcd.failovers_of_last_hour(), etcd.raft_leader,
            etcd.alive("w"),
        )  # fmt: skip

    def keep(self) -> None:
        """The lease keeper: counts from before it asked, and never takes a lease back that it once gave up."""
        lease, lease_id = self.lease, self.lease_id
        if lease is None or lease_id is None or self.letting_expire:
            return
        asked = self.clock()

        def answered(kept: bool) -> None:
            if self.lease is None or self.lease_id != lease_id:
                return
            self.guard_lease()
            if self.lease is None:
                return
            if not kept:
                self.lease = self.lease_id = None
            else:
                self.lease = Lease(lease.epoch, max(asked + LEASE_MS, self.lease.until), asked)
            self.wake()

        self.ask_etcd(lambda: self.world.etcd.keep_alive(lease_id), answered, lambda: None, keeps=True)

    def guard_lease(self) -> None:
        """The margin is reached: given up, whatever answer may still come."""
        if self.lease is not None and self.clock() >= self.lease.until - self.world.timing.margin_ms:
            self.lease = None

    # -- the other box ---------------------------------------------------------------------------------

    def tell_peer(self, deed: Callable[[Box], None]) -> None:
        net, peer = self.world.net, self.world.peer_of(self)
        if net.passes(self.name, self.other, DIRECT):
            delay = net.latency(self.name, self.other, DIRECT)
            self.world.after(delay, lambda: peer.hear(deed) if peer.powered else None)

    def hear(self, deed: Callable[[Box], None]) -> None:
        self.later(0, lambda: deed(self))

    def beat(self) -> None:
        fitness, gateway = self.fitness(), self.sees_gateway()
        epoch = self.memory.epoch if self.memory.state in SERVING else 0

        def heard(peer: Box) -> None:
            peer.peer = replace(peer.peer, heard_at=peer.clock(), fitness=fitness, sees_gateway=gateway, epoch=epoch)

        self.tell_peer(heard)

    def ask_promise(self) -> None:
        ask = Ask(self.clock(), f"{self.name}-{self.life}", self.memory.epoch)

        def asked(peer: Box) -> None:
            peer.peer = replace(peer.peer, ask=ask)
            peer.wake()

        self.tell_peer(asked)

    def give_promise(self, ask: Ask) -> None:
        def promised(peer: Box) -> None:
            if ask.boot == f"{peer.name}-{peer.life}":
                until = promise.believed_until(ask.asked_at, peer.world.timing)
                peer.peer = replace(peer.peer, promised_until=max(peer.peer.promised_until, until))
                peer.wake()

        self.tell_peer(promised)

    # -- observing and deciding ------------------------------------------------------------------------

    def sees_gateway(self) -> bool:
        return self.world.net.both(self.name, CLIENTS)

    def fitness(self) -> int:
        ill = self.services == "failed" or self.db.stuck or self.db.role is Role.DOWN
        return 100 - 50 * self.disk_failed - 20 * (not self.sees_gateway()) - 20 * ill

    def seen(self) -> Seen:
        self.guard_lease()
        return Seen(
            self.clock(), self.name, self.other, self.view, self.lease, self.peer, self._postgres(), self._services(),
            Health(self.fitness(), self.sees_gateway(), self.disk_failed, self.holds_address, self.conflict),
            self.forced,
        )  # fmt: skip

    def _postgres(self) -> Postgres:
        db, now, other = self.db, self.world.now, self.world.peer_of(self)
        streaming = now - db.exchanged_at < 5_000
        linked = other.running and self.world.net.both(self.name, self.other, DIRECT)
        leads = linked and other.db.role is Role.PRIMARY and other.db.accepting
        return Postgres(
            db.role, db.accepting, db.is_busy, streaming,
            leads and db.role is Role.STANDBY and not db.is_beginning_of(other.db),
            db.rejoin_failures, db.names, streaming and db.names is not None and db.acked == len(db.log),
            now - db.waiting[0].since if db.waiting else 0,
            None if db.received_at is None else db.received_at + self.clock_offset,
        )  # fmt: skip

    def _services(self) -> Services:
        self.restarts = [at for at in self.restarts if self.world.now - at < 60_000]
        return Services(
            self.services == "running", self.services == "stopped", self.services == "failed", len(self.restarts),
            self.calls,
        )  # fmt: skip

    def wake(self) -> None:
        """Decide soon, because something changed."""
        if not self.waking:
            self.waking = True
            self.later(1, self.step)

    def step(self) -> None:
        """Decide and carry out, again while the state changes."""
        self.waking = False
        for _ in range(6):
            before = self.memory
            verdict = decide.decide(before, self.seen(), self.world.timing)
            self.memory = verdict.memory
            self.peer = replace(self.peer, ask=None) if self.peer.ask else self.peer
            self.world.decided(self, before, verdict)
            for action in verdict.actions:
                self.world.carry_out(self, action)
            if verdict.memory.state is before.state:
                break
        self.world.checks.stepped(self)
