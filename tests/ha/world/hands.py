"""How a box carries out wishes: each action takes its time, can be interrupted, and may come too late."""

from collections.abc import Callable
from typing import Any

from appliance.ha.decision import actions as act
from appliance.ha.decision.model import Lease, Role
from tests.ha.world.agent import KERNEL_LATE_MS, Box
from tests.ha.world.etcd import LEASE_MS
from tests.ha.world.network import DIRECT


def hold_address(box: Box, wish: act.HoldAddress) -> None:
    """Whole seconds, as the kernel counts them, and removed a little late; a shorter life is left as it is."""
    world = box.world
    seconds = (wish.until - box.clock()) // 1_000
    if seconds >= 1:
        late = world.net.chance.randrange(KERNEL_LATE_MS)
        box.address_until = max(box.address_until, world.now + seconds * 1_000 + late)
        world.checks.address_taken(box)


def drop_address(box: Box, _wish: act.DropAddress) -> None:
    box.address_until = 0


def campaign(box: Box, wish: act.Campaign) -> None:
    if box.campaigning or box.lease is not None:
        return
    world, asked = box.world, box.clock()
    world.leases += 1
    lease_id = world.leases
    box.campaigning, box.lease_id, box.letting_expire = True, lease_id, False

    def answered(epoch: int | None) -> None:
        if box.lease_id != lease_id or lease_id in box.released:
            return
        box.campaigning = False
        if epoch is not None:
            box.lease = Lease(epoch, asked + LEASE_MS, asked)
            world.checks.epoch_won(box, epoch)
        box.wake()

    def failed() -> None:
        if box.lease_id == lease_id:
            box.campaigning, box.lease_id = False, None

    def deed() -> int | None:
        if lease_id in world.revoked:
            return None
        return world.etcd.campaign(box.name, lease_id, wish)

    box.ask_etcd(deed, answered, failed)


def release_lease(box: Box, _wish: act.ReleaseLease) -> None:
    lease_id, world = box.lease_id, box.world
    if lease_id is None:
        return
    world.checks.released(box)
    box.lease, box.campaigning = None, False
    box.released.add(lease_id)

    def deed() -> None:
        world.revoked.add(lease_id)
        world.etcd.revoke(lease_id)

    def answered(_: None) -> None:
        if box.lease_id == lease_id:
            box.lease_id = None
        box.read()

    box.ask_etcd(deed, answered, lambda: None)


def let_lease_expire(box: Box, _wish: act.LetLeaseExpire) -> None:
    box.letting_expire = True


def move_raft_leader(box: Box, _wish: act.MoveRaftLeader) -> None:
    if box.world.net.chance.random() < 0.3:  # "leader transfer took too long"
        box.ask_etcd(lambda: box.world.etcd.move_leader(box.name), lambda _: None, lambda: None)


def record_sync(box: Box, wish: act.RecordSync) -> None:
    lease_id, etcd = box.lease_id, box.world.etcd
    box.ask_etcd(
        lambda: etcd.record_sync(lease_id, wish.primary, wish.standby, wish.revision),
        lambda _: box.read(),
        lambda: None,
        late=box.world.net.chance.randrange(box.writes_late) if box.writes_late else 0,
    )


def _wanting(**changes: Any) -> Callable[[Box, Any], None]:
    def carry_out(box: Box, _wish: Any) -> None:
        lease_id, etcd = box.lease_id, box.world.etcd

        def deed() -> None:
            is_so = all(getattr(etcd.desired, name) == value for name, value in changes.items())
            if lease_id is not None and etcd.leader_lease == lease_id and not is_so:
                etcd.want(**changes)

        box.ask_etcd(deed, lambda _: box.read(), lambda: None)

    return carry_out


# -- PostgreSQL ----------------------------------------------------------------------------------------


def _operation(box: Box, milliseconds: int, deed: Callable[[], None]) -> None:
    """One at a time; a crash or a stop meanwhile makes it void. It does not depend on the agent."""
    db, world = box.db, box.world
    if db.is_busy:
        return
    db.busy = db.life
    life = db.life

    def done() -> None:
        if db.life != life or not box.powered:
            return
        if not box.running:
            world.after(100, done)
            return
        db.busy = None
        deed()
        box.wake()

    world.after(milliseconds, done)


def set_sync_names(box: Box, wish: act.SetSyncNames) -> None:
    def deed() -> None:
        box.db.names = wish.name
        box.db.release(box.world.checks.acknowledged(box))

    if not box.db.stuck:
        _operation(box, box.world.net.chance.randint(5, 60), deed)


def start_standby(box: Box, _wish: act.StartStandby) -> None:
    _operation(box, box.world.net.chance.randint(150, 300), lambda: box.db.change(Role.STANDBY))


def rejoin(box: Box, wish: act.Rejoin) -> None:
    world, peer = box.world, box.world.peer_of(box)
    clones = wish.way is act.RejoinWay.CLONE
    milliseconds = world.net.chance.randint(3_000, 8_000) if clones else world.net.chance.randint(400, 2_700)

    def deed() -> None:
        linked = peer.running and world.net.both(box.name, peer.name, DIRECT) and peer.db.role is Role.PRIMARY
        if not linked:
            return
        if not clones and world.net.chance.random() < 0.1:
            box.db.rejoin_failures += 1
            return
        box.db.become_copy_of(peer.db)
        box.db.change(Role.STANDBY)

    _operation(box, milliseconds, deed)


def promote_postgres(box: Box, _wish: act.PromotePostgres) -> None:
    begun = box.world.now

    def deed() -> None:
        box.db.change(Role.PRIMARY)
        box.world.checks.promoted(box, stood_still=box.trouble_until >= begun)

    if box.db.role is Role.STANDBY:
        _operation(box, 120, deed)


def restart_postgres(box: Box, _wish: act.RestartPostgres) -> None:
    if not box.db.stuck:
        _operation(box, box.world.net.chance.randint(800, 4_000), lambda: box.db.change(Role.PRIMARY))


def stop_postgres(box: Box, wish: act.StopPostgres) -> None:
    """At once, whatever is under way; gently, the standby has everything first."""
    if box.db.role is not Role.PRIMARY and not box.db.is_busy:
        return
    world = box.world
    life = box.db.life

    def stopped() -> None:
        if box.db.life != life or not box.powered:
            return
        if not box.running:
            world.after(100, stopped)
            return
        if not wish.at_once:
            world.ship(box)
            world.after(5, lambda: _down(box, life))
            return
        _down(box, life)

    world.after(110 if wish.at_once else 200, stopped)


def _down(box: Box, life: int) -> None:
    if box.db.life == life:
        box.db.change(Role.DOWN)
        box.wake()


# -- services ------------------------------------------------------------------------------------------


def start_services(box: Box, _wish: act.StartServices) -> None:
    if box.services == "failed":
        box.restarts.append(box.world.now)
        services_turn(box, "starting", "running", 1_000)
    elif box.services == "stopped":
        services_turn(box, "starting", "running", 1_500)


def stop_services(box: Box, _wish: act.StopServices) -> None:
    if box.services not in {"stopped", "stopping"}:
        services_turn(box, "stopping", "stopped", 100)


def services_turn(box: Box, now: str, then: str, milliseconds: int) -> None:
    box.services, box.services_turn = now, box.services_turn + 1
    turn = box.services_turn

    def done() -> None:
        if box.services_turn != turn or not box.powered:
            return
        if not box.running:
            box.world.after(100, done)
            return
        box.services = then
        box.refusing = False
        box.wake()

    box.world.after(milliseconds, done)


def refuse_calls(box: Box, _wish: act.RefuseCalls) -> None:
    box.refusing = True


HANDS: dict[type, Callable[[Box, Any], None]] = {
    act.HoldAddress: hold_address,
    act.DropAddress: drop_address,
    act.FeedWatchdog: lambda _box, _wish: None,
    act.RestWatchdog: lambda _box, _wish: None,
    act.Campaign: campaign,
    act.ReleaseLease: release_lease,
    act.LetLeaseExpire: let_lease_expire,
    act.MoveRaftLeader: move_raft_leader,
    act.AskPromise: lambda box, _wish: box.ask_promise(),
    act.GivePromise: lambda box, wish: box.give_promise(wish.ask),
    act.RecordSync: record_sync,
    act.SetHold: _wanting(hold=True),
    act.ClearSwitchover: _wanting(switchover=None),
    act.ClearMaintenance: _wanting(maintenance=None, maintenance_ends=False),
    act.SetSyncNames: set_sync_names,
    act.StartStandby: start_standby,
    act.Rejoin: rejoin,
    act.PromotePostgres: promote_postgres,
    act.RestartPostgres: restart_postgres,
    act.StopPostgres: stop_postgres,
    act.StartServices: start_services,
    act.StopServices: stop_services,
    act.RefuseCalls: refuse_calls,
    act.Alarm: lambda _box, _wish: None,
}
