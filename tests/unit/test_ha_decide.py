"""Single decisions of the active: what is seen, what is done, and the one sentence why."""

import ast
from pathlib import Path

import pytest
from msgspec.structs import replace

import appliance.ha.decision
from appliance.ha.decision import actions as act
from appliance.ha.decision.decide import decide
from appliance.ha.decision.model import (
    Cause,
    Desired,
    Health,
    Lease,
    Peer,
    Postgres,
    Role,
    Services,
    State,
    Sync,
)
from appliance.ha.decision.promise import Ask
from appliance.ha.decision.readiness import NotReady, not_ready
from appliance.ha.decision.reasons import Why
from tests.ha.pictures import AT, TIMING, active, etcd, kinds, memory, nobody_leads, standby


def test_a_healthy_active_does_nothing_but_hold_the_address():
    verdict = decide(memory(State.ACTIVE), active(), TIMING)
    assert verdict.actions == (act.HoldAddress(AT + 4_150),)
    assert str(verdict.reason) == "Active, epoch 30."


@pytest.mark.req("HA-1")
def test_an_active_steps_down_before_its_lease_ends_and_stops_the_address_first():
    late = active(lease=Lease(30, AT + 690, AT - 4_310))
    verdict = decide(memory(State.ACTIVE), late, TIMING)
    assert (verdict.memory.state, verdict.memory.cause) == (State.DEMOTE, Cause.RIGHT_LOST)
    stopping = decide(verdict.memory, late, TIMING)
    assert stopping.actions == (act.DropAddress(), act.StopServices(), act.StopPostgres(at_once=True))


@pytest.mark.req("HA-1")
def test_without_quorum_the_promise_of_the_peer_is_asked_for_and_keeps_it_active():
    silent = active(etcd=etcd(read_at=AT - 4_000), lease=Lease(30, AT + 3_400, AT - 1_600))
    assert act.AskPromise in kinds(decide(memory(State.ACTIVE), silent, TIMING))
    promised = replace(silent, lease=None, peer=replace(silent.peer, promised_until=AT + 4_000))
    assert decide(memory(State.ACTIVE), promised, TIMING).memory.state is State.ACTIVE_PROMISED
    assert decide(memory(State.ACTIVE), replace(silent, lease=None), TIMING).memory.state is State.DEMOTE


@pytest.mark.req("HA-1")
@pytest.mark.parametrize("begins_on", ["promise", "maintenance"])
def test_nobody_becomes_active_on_a_promise_or_a_maintenance(begins_on):
    seen = standby(etcd=etcd(leader=None, desired=Desired(maintenance="n1" if begins_on == "maintenance" else None)))
    seen = replace(seen, peer=replace(seen.peer, promised_until=AT + 5_000))
    assert decide(memory(State.PROMOTE, since=AT - 10), seen, TIMING).memory.state is State.DEMOTE


def test_only_a_quiet_node_that_hears_nothing_of_etcd_promises():
    ask = Ask(5, "boot", 30)
    silent = standby(etcd=etcd(read_at=AT - 4_000))
    silent = replace(silent, peer=replace(silent.peer, ask=ask))
    verdict = decide(memory(State.STANDBY), silent, TIMING)
    assert act.GivePromise(ask) in verdict.actions
    assert verdict.memory.pledged_until == AT + TIMING.promise_ms
    for refusing in (replace(silent, etcd=etcd()), replace(silent, health=Health(address_held=True))):
        assert act.GivePromise not in kinds(decide(memory(State.STANDBY), refusing, TIMING))
    assert act.GivePromise not in kinds(decide(memory(State.CAMPAIGN), silent, TIMING))
    assert act.GivePromise not in kinds(decide(memory(State.STANDBY, epoch=31), silent, TIMING))


@pytest.mark.req("HA-4")
def test_a_standby_that_holds_commits_up_is_taken_from_the_key_before_the_setting():
    waiting = active(postgres=replace(active().postgres, oldest_wait_ms=1_100, caught_up=False))
    first = decide(memory(State.ACTIVE), waiting, TIMING)
    assert act.RecordSync("n1", None, 40) in first.actions
    assert act.SetSyncNames not in kinds(first)
    recorded = replace(waiting, etcd=etcd(sync=Sync("n1", None, 41)))
    assert act.SetSyncNames(None) in decide(memory(State.ACTIVE), recorded, TIMING).actions
    still_adding = decide(memory(State.ACTIVE, adding=41), recorded, TIMING)
    assert act.RecordSync("n1", None, 41) in still_adding.actions
    assert act.SetSyncNames not in kinds(still_adding)
    without_etcd = replace(waiting, etcd=etcd(read_at=AT - 3_000))
    assert act.Alarm(act.AlarmKind.COMMITS_WAIT) in decide(memory(State.ACTIVE), without_etcd, TIMING).actions


@pytest.mark.req("HA-4")
def test_a_standby_comes_back_after_thirty_steady_seconds_and_is_recorded_last():
    alone = active(etcd=etcd(sync=Sync("n1", None, 41)), postgres=replace(active().postgres, names=None))
    unsteady = decide(memory(State.ACTIVE, peer_stable_since=AT - 29_000, dropped=True), alone, TIMING)
    assert act.Alarm(act.AlarmKind.NO_STANDBY) in unsteady.actions
    assert act.SetSyncNames("n2") in decide(memory(State.ACTIVE), alone, TIMING).actions
    waits = replace(alone, postgres=replace(alone.postgres, names="n2", caught_up=False))
    assert act.RecordSync not in kinds(decide(memory(State.ACTIVE), waits, TIMING))
    busy = replace(alone, postgres=replace(alone.postgres, names="n2", busy=True))
    assert act.RecordSync not in kinds(decide(memory(State.ACTIVE), busy, TIMING))
    has_all = replace(alone, postgres=replace(alone.postgres, names="n2"))
    verdict = decide(memory(State.ACTIVE), has_all, TIMING)
    assert act.RecordSync("n1", "n2", 41) in verdict.actions
    assert verdict.memory.adding == 41


@pytest.mark.req("HA-4")
@pytest.mark.parametrize(
    ("dropped", "steady_ms", "comes"),
    [(False, 4_900, False), (False, 5_000, True), (True, 5_000, False), (True, 30_000, True)],
)
def test_a_standby_that_never_held_a_commit_up_counts_sooner(dropped, steady_ms, comes):
    alone = active(etcd=etcd(sync=Sync("n1", None, 41)), postgres=replace(active().postgres, names=None))
    verdict = decide(memory(State.ACTIVE, peer_stable_since=AT - steady_ms, dropped=dropped), alone, TIMING)
    assert (act.SetSyncNames("n2") in verdict.actions) == comes


@pytest.mark.req("HA-4")
def test_a_standby_that_was_dropped_has_to_be_steady_anew_though_it_still_streams():
    stuck = active(postgres=replace(active().postgres, oldest_wait_ms=1_001))
    dropping = decide(memory(State.ACTIVE), stuck, TIMING)
    assert act.RecordSync("n1", None, 40) in dropping.actions
    alone = active(etcd=etcd(sync=Sync("n1", None, 41)), postgres=replace(active().postgres, names=None))
    assert act.SetSyncNames not in kinds(decide(dropping.memory, alone, TIMING))
    assert dropping.memory.dropped


@pytest.mark.req("HA-3")
def test_a_switch_over_waits_for_calls_and_then_stops_gently():
    wanted = active(
        etcd=etcd(desired=Desired(switchover="n2", drain_ms=60_000)), services=replace(active().services, calls=2)
    )
    draining = decide(memory(State.ACTIVE), wanted, TIMING)
    assert draining.memory.state is State.DRAIN
    assert act.RefuseCalls() in draining.actions
    assert str(draining.reason) == "Switching over to n2: 2 calls left."
    late = replace(wanted, at=AT + 60_000, etcd=replace(wanted.etcd, read_at=AT + 60_000))
    late = replace(late, lease=Lease(30, AT + 65_000, AT + 60_000), peer=replace(wanted.peer, heard_at=AT + 60_000))
    leaving = decide(replace(draining.memory, since=AT), late, TIMING)
    assert (leaving.memory.state, leaving.memory.cause) == (State.DEMOTE, Cause.SWITCHOVER)
    assert act.StopPostgres not in kinds(decide(leaving.memory, late, TIMING)), "the programs still store something"
    stored = replace(late, services=Services(running=False, stopped=True))
    assert act.StopPostgres(at_once=False) in decide(leaving.memory, stored, TIMING).actions
    slow = decide(replace(leaving.memory, since=late.at - TIMING.services_first_ms), late, TIMING)
    assert act.StopPostgres(at_once=False) in slow.actions


@pytest.mark.req("HA-3")
def test_a_switch_over_to_a_peer_that_is_not_ready_is_refused_with_the_reason():
    wanted = active(etcd=etcd(desired=Desired(switchover="n2"), sync=Sync("n1", None, 41)))
    verdict = decide(memory(State.ACTIVE), wanted, TIMING)
    assert verdict.memory.state is State.ACTIVE
    assert act.ClearSwitchover() in verdict.actions
    assert str(verdict.reason) == f"No switch-over: {NotReady.PEER_NOT_LISTED}."


@pytest.mark.req("HA-3")
def test_with_the_peer_in_maintenance_the_loss_of_quorum_stops_nothing_until_it_is_over():
    solo = active(lease=None, etcd=etcd(read_at=AT - 60_000, desired=Desired(maintenance="n2"), sync=Sync("n1", None)))
    solo = replace(solo, postgres=Postgres(Role.PRIMARY, accepting=True))
    assert decide(memory(State.ACTIVE), solo, TIMING).memory.state is State.ACTIVE_SOLO
    ending = replace(solo, etcd=replace(solo.etcd, desired=Desired(maintenance="n2", maintenance_ends=True)))
    assert decide(memory(State.ACTIVE_SOLO), ending, TIMING).memory.state is State.DEMOTE
    with_lease = replace(ending, lease=active().lease, etcd=replace(ending.etcd, read_at=AT))
    verdict = decide(memory(State.ACTIVE_SOLO), with_lease, TIMING)
    assert verdict.memory.state is State.ACTIVE
    assert act.ClearMaintenance() in verdict.actions


@pytest.mark.parametrize(
    ("cause", "changes"),
    [
        (Cause.SERVICES, {"services": Services(failed=True, restarts=2, stopped=False)}),
        (Cause.UPLINK, {"health": Health(fitness=80, gateway=False, address_held=True)}),
    ],
)
def test_bad_health_is_left_to_a_peer_that_is_listed_fit_and_not_too_often(cause, changes):
    ill = active(**changes)
    assert decide(memory(State.ACTIVE), ill, TIMING).memory.cause is cause
    staying = [
        replace(ill, etcd=etcd(failovers=2)),
        replace(ill, etcd=etcd(sync=Sync("n1", None, 41))),
        replace(ill, etcd=etcd(desired=Desired(hold=True))),
        replace(ill, peer=replace(ill.peer, fitness=ill.health.fitness - 1)),
    ]
    for seen in staying:
        verdict = decide(memory(State.ACTIVE), seen, TIMING)
        assert verdict.memory.state is State.ACTIVE
        assert act.Alarm(act.AlarmKind.UNFIT) in verdict.actions


def test_a_crashed_postgresql_is_restarted_here_and_given_up_after_ten_seconds():
    down = active(postgres=Postgres(Role.DOWN))
    verdict = decide(memory(State.ACTIVE), down, TIMING)
    assert act.RestartPostgres() in verdict.actions
    given_up = decide(memory(State.ACTIVE, postgres_down_since=AT - 10_100), down, TIMING)
    assert given_up.memory.cause is Cause.POSTGRES


def test_the_third_failover_of_an_hour_holds_the_pair_until_a_person_looks():
    verdict = decide(memory(State.ACTIVE), active(etcd=etcd(failovers=3)), TIMING)
    assert act.SetHold() in verdict.actions
    held = nobody_leads(desired=Desired(hold=True))
    assert decide(memory(State.STANDBY), held, TIMING).memory.state is State.HOLD
    last_primary = nobody_leads(desired=Desired(hold=True), sync=Sync("n2", "n1", 41))
    assert decide(memory(State.STANDBY), last_primary, TIMING).memory.state is State.CAMPAIGN
    cleared = nobody_leads()
    assert decide(memory(State.HOLD), cleared, TIMING).memory.state is State.JOIN


@pytest.mark.req("HA-1")
def test_a_raft_leader_beside_the_active_is_moved():
    assert act.MoveRaftLeader() in decide(memory(State.ACTIVE), active(etcd=etcd(raft_leader="n1")), TIMING).actions


@pytest.mark.req("HA-1")
@pytest.mark.parametrize("state", [State.ACTIVE, State.ACTIVE_PROMISED, State.ACTIVE_SOLO])
def test_whoever_hears_of_a_newer_epoch_steps_down(state):
    newer = active(peer=Peer(AT - 100, 100, sees_gateway=True, epoch=31, promised_until=AT + 4_000))
    verdict = decide(memory(state), newer, TIMING)
    assert (verdict.memory.state, verdict.memory.cause) == (State.DEMOTE, Cause.OUTVOTED)


def test_the_lease_is_given_back_only_when_everything_is_down():
    stopping = active(health=Health(), services=Services())
    still_up = decide(memory(State.DEMOTE), stopping, TIMING)
    assert act.ReleaseLease not in kinds(still_up)
    down = replace(stopping, postgres=Postgres(Role.DOWN))
    assert decide(memory(State.DEMOTE), down, TIMING).actions == (act.ReleaseLease(),)
    starting = replace(stopping, postgres=Postgres(Role.DOWN, busy=True))
    verdict = decide(memory(State.DEMOTE), starting, TIMING)
    assert verdict.memory.state is State.DEMOTE, "a crashed database was on its way up as primary when the lease ended"
    assert act.StopPostgres(at_once=True) in verdict.actions
    assert act.ReleaseLease not in kinds(verdict)
    stuck = decide(memory(State.DEMOTE, since=AT - 5_100), stopping, TIMING)
    assert act.LetLeaseExpire() in stuck.actions


@pytest.mark.req("HA-6")
def test_why_the_pair_is_not_redundant():
    good = memory(State.ACTIVE)
    assert not_ready(good, active(), TIMING) == ()
    cases = {
        NotReady.NO_QUORUM: active(etcd=etcd(read_at=None)),
        NotReady.PEER_SILENT: active(peer=Peer(None, 100)),
        NotReady.PEER_IN_MAINTENANCE: active(etcd=etcd(desired=Desired(maintenance="n2"))),
        NotReady.PEER_NOT_LISTED: active(etcd=etcd(sync=Sync("n1", None, 41))),
        NotReady.HOLD: active(etcd=etcd(desired=Desired(hold=True))),
        NotReady.WITNESS_SILENT: active(etcd=etcd(witness=False)),
        NotReady.PEER_LESS_FIT: active(peer=Peer(AT, 99)),
    }
    for reason, seen in cases.items():
        assert not_ready(good, seen, TIMING) == (reason,)
    assert not_ready(memory(State.ACTIVE, peer_stable_since=AT), active(), TIMING) == (NotReady.PEER_NEW,)


# -- what the core is made of --------------------------------------------------------------------------

FOLDER = Path(appliance.ha.decision.__file__).parent
CORE = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", CORE)
def test_the_core_imports_nothing_that_could_wait_read_a_clock_or_a_socket(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    inside = {f"appliance.ha.decision.{other}" for other in CORE}
    assert imported <= inside | {"appliance.ha.decision", "enum", "msgspec", "msgspec.structs"}


def test_every_state_has_its_rule_and_every_sentence_takes_its_arguments():
    for state in State:
        assert str(decide(memory(state), active(), TIMING).reason).endswith(".")
    for why in Why:
        assert why.format("a", "b")
