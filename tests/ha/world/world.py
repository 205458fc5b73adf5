"""Two boxes, a witness, their clients and a clock that jumps from event to event."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from appliance.ha.decision.model import Leader, Lease, Memory, Role, State, Sync
from appliance.ha.decision.timing import Timing
from appliance.ha.decision.verdict import Verdict
from tests.ha.world.agent import Box
from tests.ha.world.checks import Checks
from tests.ha.world.etcd import LEASE_MS, Etcd, Grant
from tests.ha.world.hands import HANDS, services_turn
from tests.ha.world.network import BOXES, DIRECT, Network
from tests.ha.world.postgres import Waiting

WRITE_MS, PROBE_MS = 250, 100


@dataclass
class World:
    seed: int
    timing: Timing = field(default_factory=Timing)
    now: int = 0
    events: int = 0
    leases: int = 0
    writes: int = 0
    revoked: set[int] = field(default_factory=set)
    witness: bool = True
    wanted_restart: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.heap: list[tuple[int, int, Callable[[], None]]] = []
        self.net = Network(self.chance)
        self.unhurried = replace(self.timing, margin_ms=0)
        self.checks = Checks(self)
        self.boxes = {
            name: Box(name, other, self, self.chance.randrange(10_000_000)) for name, other in (BOXES, BOXES[::-1])
        }
        self.etcd = Etcd(self, self.net, self.alive, self._leader_changed, self.checks.sync_written)
        self._write()
        self._probe()

    # -- the clockwork ---------------------------------------------------------------------------------

    def after(self, delay: int, deed: Callable[[], None]) -> None:
        self.events += 1
        heapq.heappush(self.heap, (self.now + delay, self.events, deed))

    def run(self, until: int) -> None:
        while self.heap[0][0] <= until:
            self.now, _, deed = heapq.heappop(self.heap)
            deed()
        self.now = until

    # -- who is who ------------------------------------------------------------------------------------

    def peer_of(self, box: Box) -> Box:
        return self.boxes[box.other]

    def alive(self, member: str) -> bool:
        if member == "w":
            return self.witness
        return self.boxes[member].running and not self.boxes[member].etcd_dead

    def active(self) -> Box | None:
        return next((box for box in self.boxes.values() if box.serves), None)

    def carry_out(self, box: Box, action: Any) -> None:
        HANDS[type(action)](box, action)

    def decided(self, box: Box, before: Memory, verdict: Verdict) -> None:
        self.checks.decided(box, before, verdict)

    def _leader_changed(self) -> None:
        """Watches: only a hint, so some are lost."""
        for box in self.boxes.values():
            if self.chance.random() < 0.8:
                box.later(10, box.read)

    # -- beginnings ------------------------------------------------------------------------------------

    def begin_running(self) -> None:
        """n1 active, n2 in step: as after an uneventful day."""
        one, two = self.boxes["n1"], self.boxes["n2"]
        for box in self.boxes.values():
            box.start_agent()
        self.leases = 1
        self.etcd.leader, self.etcd.leader_lease = Leader("n1", 5), 1
        self.etcd.sync = Sync("n1", "n2", 6)
        self.etcd.leases[1] = Grant("n1", 0)
        self.etcd.keep_alive(1)
        self.checks.newest_epoch = 5
        one.lease, one.lease_id = Lease(5, one.clock() + LEASE_MS, one.clock()), 1
        one.memory = Memory(State.ACTIVE, one.clock(), 0, 0, epoch=5, leader_seen=True)
        two.memory = Memory(State.STANDBY, two.clock(), 0, 0, leader_seen=True)
        one.db.change(Role.PRIMARY)
        one.db.names = "n2"
        two.db.change(Role.STANDBY)
        services_turn(one, "starting", "running", 0)
        one.read()
        two.read()
        one.address_until = 3_000

    def begin_cold(self) -> None:
        """Both are switched on at about the same time; n1 was the last primary and n2 had everything."""
        self.etcd.sync = Sync("n1", "n2", 6)
        for box in self.boxes.values():
            box.powered = False
            self.after(self.chance.randrange(20_000), lambda box=box: self.power_on(box))

    def begin_new(self) -> None:
        """A pair that never ran."""
        self.etcd.sync = Sync()
        for box in self.boxes.values():
            box.powered = False
            self.after(self.chance.randrange(5_000), lambda box=box: self.power_on(box))

    # -- clients ---------------------------------------------------------------------------------------

    def _write(self) -> None:
        """Every service that runs writes, whoever it thinks it is: a client may still talk to the wrong box."""
        for box in self.boxes.values():
            if box.running and box.services == "running" and box.db.role is Role.PRIMARY and box.db.accepting:
                self._commit(box)
        for box in self.boxes.values():
            self.ship(box)
        self.after(WRITE_MS, self._write)

    def _commit(self, box: Box) -> None:
        self.writes += 1
        db = box.db
        epoch = box.memory.epoch if box.memory else 0
        db.waiting.append(Waiting(self.writes, db.append(self.writes), epoch, self.now))
        db.release(self.checks.acknowledged(box))

    def _probe(self) -> None:
        self.checks.probed()
        self.after(PROBE_MS, self._probe)

    # -- replication -----------------------------------------------------------------------------------

    def ship(self, box: Box) -> None:
        """What the primary has goes to the standby, and word of it comes back."""
        if box.db.role is not Role.PRIMARY or not box.running or box.db.stuck:
            return
        peer, length, life = self.peer_of(box), len(box.db.log), box.db.life
        if not self.net.passes(box.name, peer.name, DIRECT):
            return
        delay = self.net.latency(box.name, peer.name, DIRECT)
        self.after(delay, lambda: self._shipped(box, peer, length, life))

    def _shipped(self, box: Box, peer: Box, length: int, life: int) -> None:
        db = peer.db
        if not peer.running or db.role is not Role.STANDBY or db.stuck or box.db.life != life:
            return
        if not db.is_beginning_of(box.db):
            return
        db.follow(box.db, length)
        db.received_at = db.exchanged_at = self.now
        told, told_life = len(db.log), db.life
        if self.net.passes(peer.name, box.name, DIRECT):
            self.after(
                self.net.latency(peer.name, box.name, DIRECT),
                lambda: self._told(box, peer, told, (life, told_life)),
            )

    def _told(self, box: Box, peer: Box, length: int, lives: tuple[int, int]) -> None:
        """An answer on a connection that is gone is worth nothing."""
        if (box.db.life, peer.db.life) != lives or not box.running:
            return
        box.db.acked, box.db.exchanged_at = length, self.now
        box.db.release(self.checks.acknowledged(box))

    # -- what faults do --------------------------------------------------------------------------------

    def power_off(self, box: Box) -> None:
        box.powered = False
        box.frozen = box.paused = box.agent_frozen = False
        box.life += 1
        box.address_until, box.services, box.inbox = 0, "stopped", []
        box.db.change(Role.DOWN)
        box.db.stuck = False
        self.etcd.reassess()

    def power_on(self, box: Box) -> None:
        if box.powered:
            return
        box.powered = True
        box.clock_offset = -self.now + self.chance.randint(3_000, 9_000)
        box.db.received_at = None
        box.start_agent()
        self.etcd.reassess()

    def kill_agent(self, box: Box, *, comes_back: bool = True) -> None:
        """systemd stops everything that is bound to it and starts it again; the address is left to the kernel."""
        if not box.powered or box.agent_dead:
            return
        box.agent_dead, box.agent_frozen = True, False
        box.life += 1
        life = box.life
        services_turn(box, "stopping", "stopped", 100)
        if box.db.role is Role.PRIMARY:
            self.after(110, lambda: box.db.change(Role.DOWN) if box.life == life else None)
        if comes_back:
            self.after(1_000, lambda: self.revive_agent(box, life))

    def revive_agent(self, box: Box, life: int) -> None:
        if box.agent_dead and box.life == life and box.powered:
            box.start_agent()

    def freeze_agent(self, box: Box) -> None:
        """Killed by systemd's watchdog if it stays frozen."""
        box.agent_frozen = True
        life = box.life
        self.after(3_100, lambda: self.kill_agent(box) if box.agent_frozen and box.life == life else None)

    def thaw_agent(self, box: Box) -> None:
        if box.agent_frozen:
            box.agent_frozen = False
            box.trouble_until = self.now
            box.thawed()

    def stand_still(self, box: Box, *, clock_too: bool) -> None:
        box.frozen, box.paused = not clock_too, clock_too
        box.still_since = self.now
        self.etcd.reassess()

    def go_on(self, box: Box) -> None:
        if not box.powered or not (box.frozen or box.paused):
            return
        length = self.now - box.still_since
        if box.paused:
            box.clock_offset -= length
            box.paused_until = self.now
            box.address_until += length if box.address_until > box.still_since else 0
        box.frozen = box.paused = False
        box.trouble_until = self.now
        self.etcd.reassess()
        box.thawed()
