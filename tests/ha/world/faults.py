"""What can happen to the pair: each fault begins, lasts, and is over."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from appliance.ha.decision.model import Role
from tests.ha.world.agent import Box
from tests.ha.world.hands import services_turn
from tests.ha.world.network import BOXES, CLIENTS, DIRECT, LAN
from tests.ha.world.world import World

MEMBERS = (*BOXES, "w")


class Fault(NamedTuple):
    kind: str
    target: str
    """A box, the witness, or `active`/`standby`: whoever is at that moment."""
    at: int
    length: int


class Kind(NamedTuple):
    """How a fault begins; what it returns ends it."""

    begin: Callable[[World, Box, int], Callable[[], None]]
    gap_of_active: int
    """The longest time without address that one such fault at the active may cost (I14)."""


def _links(world: World, links: list[tuple[str, str, str]]) -> Callable[[], None]:
    world.net.cut.update(links)
    world.etcd.reassess()

    def mend() -> None:
        world.net.cut.difference_update(links)
        world.etcd.reassess()

    return mend


def _both_ways(name: str, others: tuple[str, ...], net: str = LAN) -> list[tuple[str, str, str]]:
    return [link for other in others for link in ((name, other, net), (other, name, net))]


def _power(world: World, box: Box, _length: int) -> Callable[[], None]:
    if box.powered:
        world.power_off(box)
    return lambda: world.power_on(box)


def _still(*, clock_too: bool) -> Callable[[World, Box, int], Callable[[], None]]:
    def begin(world: World, box: Box, _length: int) -> Callable[[], None]:
        if not box.running:
            return lambda: None
        world.stand_still(box, clock_too=clock_too)
        return lambda: world.go_on(box)

    return begin


def _kill_agent(world: World, box: Box, _length: int) -> Callable[[], None]:
    world.kill_agent(box)
    return lambda: None


def _lose_agent(world: World, box: Box, _length: int) -> Callable[[], None]:
    """It cannot be started again for a while."""
    world.kill_agent(box, comes_back=False)
    life = box.life
    return lambda: world.revive_agent(box, life)


def _freeze_agent(world: World, box: Box, _length: int) -> Callable[[], None]:
    if not box.agent_runs:
        return lambda: None
    world.freeze_agent(box)
    return lambda: world.thaw_agent(box)


def _everyone(box: Box) -> tuple[str, ...]:
    return (box.other, "w", CLIENTS)


def _lan(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, _both_ways(box.name, _everyone(box)))


def _all_links(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, _both_ways(box.name, _everyone(box)) + _both_ways(box.name, (box.other,), DIRECT))


def _members(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, _both_ways(box.name, (box.other, "w")))


def _peer_only(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, _both_ways(box.name, (box.other,)))


def _witness_only(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, _both_ways(box.name, ("w",)))


def _uplink(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, _both_ways(box.name, (CLIENTS,)))


def _direct(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, _both_ways(box.name, (box.other,), DIRECT))


def _direct_one_way(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, [(box.name, box.other, DIRECT)])


def _deaf(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, [(other, box.name, LAN) for other in _everyone(box)])


def _mute(world: World, box: Box, _length: int) -> Callable[[], None]:
    return _links(world, [(box.name, other, LAN) for other in _everyone(box)])


def _flapping(world: World, box: Box, length: int) -> Callable[[], None]:
    """A second without, a second with, and so on."""
    end = world.now + length
    links = _both_ways(box.name, _everyone(box))

    def cut() -> None:
        if world.now < end:
            mend = _links(world, links)
            world.after(1_000, mend)
            world.after(2_000, cut)

    cut()
    return lambda: None


def _slow(net: str) -> Callable[[World, Box, int], Callable[[], None]]:
    def begin(world: World, box: Box, _length: int) -> Callable[[], None]:
        others = MEMBERS if net == LAN else BOXES
        delay = world.chance.choice((100, 400, 1_500, 3_000))
        links = [link for link in _both_ways(box.name, others, net) if link[0] != link[1]]
        world.net.slow.update(dict.fromkeys(links, delay))
        return lambda: [world.net.slow.pop(link, None) for link in links] and None

    return begin


def _witness(world: World, _box: Box, _length: int) -> Callable[[], None]:
    world.witness = False
    world.etcd.reassess()

    def back() -> None:
        world.witness = True
        world.etcd.reassess()

    return back


def _etcd_dies(world: World, box: Box, _length: int) -> Callable[[], None]:
    box.etcd_dead = True
    world.etcd.reassess()

    def back() -> None:
        box.etcd_dead = False
        world.etcd.reassess()

    return back


def _etcd_full(world: World, _box: Box, _length: int) -> Callable[[], None]:
    world.etcd.full = True

    def emptied() -> None:
        world.etcd.full = False

    return emptied


def _postgres_crash(world: World, box: Box, _length: int) -> Callable[[], None]:
    if box.db.role is not Role.DOWN:
        box.db.change(Role.DOWN)
    return lambda: None


def _postgres_stuck(world: World, box: Box, _length: int) -> Callable[[], None]:
    """Frozen, or its disk is full."""
    box.db.stuck = True

    def free() -> None:
        box.db.stuck = False

    return free


def _services_crash(world: World, box: Box, length: int) -> Callable[[], None]:
    """Again each time they are up, while it lasts."""
    end = world.now + length

    def crash() -> None:
        if box.powered and box.services == "running":
            services_turn(box, "failed", "failed", 0)
        if world.now + 2_500 < end:
            world.after(2_500, crash)

    crash()
    return lambda: None


def _disk(world: World, box: Box, _length: int) -> Callable[[], None]:
    box.disk_failed = True

    def repaired() -> None:
        """By a person, who starts the box anew."""
        box.disk_failed = False
        if box.powered:
            world.power_off(box)
        world.power_on(box)

    return repaired


def _conflict(world: World, _box: Box, _length: int) -> Callable[[], None]:
    for box in world.boxes.values():
        box.conflict = True

    def gone() -> None:
        for box in world.boxes.values():
            box.conflict = False

    return gone


def _switchover(world: World, box: Box, _length: int) -> Callable[[], None]:
    """A person asks, perhaps twice, perhaps with calls in progress."""
    drain = world.chance.choice((0, 0, 4_000))
    box.calls = world.peer_of(box).calls = world.chance.choice((0, 3))

    def hang_up() -> None:
        box.calls = world.peer_of(box).calls = 0

    world.after(world.chance.randrange(6_000), hang_up)
    world.etcd.want(switchover=box.other, drain_ms=drain)
    if world.chance.random() < 0.3:
        world.after(300, lambda: world.etcd.want(switchover=box.other))
    return lambda: None


def _maintenance(world: World, box: Box, _length: int) -> Callable[[], None]:
    """Of this box, which is let in again afterwards."""
    world.etcd.want(maintenance=box.name, maintenance_ends=False)
    return lambda: world.etcd.want(maintenance_ends=True)


def _late_writes(_world: World, box: Box, _length: int) -> Callable[[], None]:
    """Transactions are held up and overtake each other."""
    box.writes_late = 3_000

    def in_time() -> None:
        box.writes_late = 0

    return in_time


def _raft_leader(world: World, box: Box, _length: int) -> Callable[[], None]:
    if world.etcd.has_quorum(box.name):
        world.etcd.raft_leader = box.name
    return lambda: None


COUNTS = (1, 1, 2, 2, 2, 3, 4)
GONE = 11_000
"""The worst: the raft leader died with the active."""
KINDS: dict[str, Kind] = {
    "power off": Kind(_power, GONE),
    "box frozen": Kind(_still(clock_too=False), GONE),
    "virtual machine paused": Kind(_still(clock_too=True), GONE),
    "agent killed": Kind(_kill_agent, GONE),
    "agent stays dead": Kind(_lose_agent, GONE),
    "agent frozen": Kind(_freeze_agent, GONE),
    "LAN cut": Kind(_lan, GONE),
    "all links cut": Kind(_all_links, GONE),
    "no way to the other members": Kind(_members, GONE),
    "LAN to the peer cut": Kind(_peer_only, 0),
    "LAN to the witness cut": Kind(_witness_only, 0),
    "uplink cut": Kind(_uplink, GONE),
    "direct link cut": Kind(_direct, 0),
    "direct link one way": Kind(_direct_one_way, 0),
    "deaf on the LAN": Kind(_deaf, GONE),
    "mute on the LAN": Kind(_mute, GONE),
    "LAN flaps": Kind(_flapping, 30_000),
    "LAN slow": Kind(_slow(LAN), 30_000),
    "direct link slow": Kind(_slow(DIRECT), 0),
    "witness gone": Kind(_witness, 0),
    "etcd dies": Kind(_etcd_dies, 0),
    "etcd full": Kind(_etcd_full, 0),
    "PostgreSQL crashes": Kind(_postgres_crash, 0),
    "PostgreSQL stuck": Kind(_postgres_stuck, GONE),
    "services crash": Kind(_services_crash, GONE),
    "disk fails": Kind(_disk, GONE),
    "address conflict": Kind(_conflict, 0),
    "switch-over": Kind(_switchover, 8_000),
    "maintenance": Kind(_maintenance, 8_000),
    "late writes": Kind(_late_writes, 0),
    "raft leader at": Kind(_raft_leader, 0),
}


def random_schedule(chance: random.Random, kinds: Sequence[str] = (), counts: Sequence[int] = COUNTS) -> list[Fault]:
    """A few faults, some of them at the same time."""
    kinds = kinds or tuple(KINDS)
    faults = []
    at = 2_000
    for _ in range(chance.choice(counts)):
        at += chance.choice((0, 0, 300, 1_500, 6_000, chance.randrange(20_000)))
        length = chance.choice((500, 1_500, 3_000, 6_000, 12_000, 25_000))
        target = chance.choice(("active", "active", "standby"))
        faults.append(Fault(chance.choice(kinds), target, at, length))
    return faults


def strike(world: World, fault: Fault) -> None:
    """Now. `active` is whoever serves, or who did last."""
    active = world.active() or world.boxes[world.etcd.sync.primary or "n1"]
    box = {"active": active, "standby": world.peer_of(active)}.get(fault.target) or world.boxes[fault.target]
    world.checks.note(f"-- {fault.kind}: {box.name} for {fault.length} ms")
    end = KINDS[fault.kind].begin(world, box, fault.length)

    def over() -> None:
        world.checks.note(f"-- over: {fault.kind}")
        end()

    world.after(fault.length, over)
