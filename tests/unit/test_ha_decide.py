"""Single decisions of the pair: what is seen, what is done, and the one sentence why."""

import ast
from pathlib import Path

import pytest
from msgspec.structs import replace

import appliance.ha
from appliance.ha import actions as act
from appliance.ha.decide import decide, started
from appliance.ha.model import (
    Cause,
    Desired,
    Etcd,
    Health,
    Leader,
    Lease,
    Memory,
    Peer,
    Postgres,
    Role,
    Seen,
    Services,
    State,
    Sync,
)
from appliance.ha.promise import Ask
from appliance.ha.readiness import NotReady, not_ready
from appliance.ha.reasons import Why
from appliance.ha.timing import Timing

TIMING = Timing()
AT = 1_000_000
BOTH = Sync("n1", "n2", 40)


def etcd(**changes):
    return replace(Etcd(AT - 100, 50, Leader("n1", 30), BOTH, raft_leader="w"), **changes)


def active(**changes):
    """n1 as the healthy active."""
    seen = Seen(
        AT,
        "n1",
        "n2",
        etcd(),
        Lease(30, AT + 4_500, AT - 500),
        Peer(AT - 200, 100, sees_gateway=True),
        Postgres(Role.PRIMARY, accepting=True, streaming=True, names="n2", caught_up=True),
        Services(running=True, stopped=False),
        Health(address_held=True),
    )
    return replace(seen, **changes)


def standby(**changes):
    """n2 as the healthy standby."""
    seen = Seen(AT, "n2", "n1", etcd(), peer=Peer(AT - 200, 100, sees_gateway=True))
    return replace(seen, **{"postgres": Postgres(Role.STANDBY, accepting=True, streaming=True), **changes})


def memory(state, **changes):
    usual = Memory(state, AT - 60_000, AT - 900_000, 0, epoch=30, leader_seen=True, peer_stable_since=AT - 600_000)
    return replace(usual, **changes)


def kinds(verdict):
    return {type(action) for action in verdict.actions}


# -- taking over ---------------------------------------------------------------------------------------


def nobody_leads(**changes):
    return standby(etcd=etcd(leader=None, **changes))


@pytest.mark.req("HA-1")
def test_a_listed_standby_campaigns_when_nobody_leads():
    verdict = decide(memory(State.STANDBY, key_gone_since=AT - 100), nobody_leads(), TIMING)
    assert verdict.memory.state is State.CAMPAIGN
    assert verdict.memory.cause is Cause.PEER_GONE
    assert verdict.actions == (act.Campaign(40, 0, Cause.PEER_GONE),)


@pytest.mark.req("HA-1", "HA-4")
@pytest.mark.parametrize(
    ("why", "changed_memory", "seen"),
    [
        (Why.NO_QUORUM, {}, standby(etcd=etcd(leader=None, read_at=AT - 5_000))),
        (Why.FOLLOWING, {}, standby()),
        (Why.PLEDGED, {"pledged_until": AT + 10}, nobody_leads()),
        (Why.NOT_LISTED, {}, nobody_leads(sync=Sync("n1", None, 41))),
        (Why.LAST_PRIMARY_FIRST, {"leader_seen": False, "key_gone_since": AT - 59_000}, nobody_leads()),
        (Why.SWITCHOVER_TO_PEER, {}, nobody_leads(desired=Desired(switchover="n1"))),
        (
            Why.DEMOTED_RECENTLY,
            {"demoted_at": AT - 10_000, "key_gone_since": AT - 500},
            nobody_leads(sync=Sync("n2", "n1", 41)),
        ),
        (
            Why.STILL_RECEIVES,
            {"key_gone_since": AT - 500},
            replace(nobody_leads(), postgres=Postgres(Role.STANDBY, accepting=True, wal_received_at=AT - 300)),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Why) else "",
)
def test_what_keeps_a_standby_from_campaigning(why, changed_memory, seen):
    verdict = decide(memory(State.STANDBY, **changed_memory), seen, TIMING)
    assert verdict.memory.state is State.STANDBY
    assert verdict.reason.why is why
    assert act.Campaign not in kinds(verdict)


@pytest.mark.req("HA-4")
def test_a_won_lease_promotes_nobody_whom_the_keys_of_its_own_epoch_do_not_list():
    won = standby(etcd=etcd(leader=Leader("n2", 60), revision=59), lease=Lease(60, AT + 4_900, AT - 100))
    promoting = memory(State.PROMOTE, since=AT - 100, epoch=60)
    stale = decide(promoting, won, TIMING)
    assert stale.reason.why is Why.READING_BACK
    assert act.PromotePostgres not in kinds(stale)
    fresh = replace(won, etcd=replace(won.etcd, revision=60, sync=Sync("n1", None, 58)))
    verdict = decide(promoting, fresh, TIMING)
    assert (verdict.memory.state, verdict.memory.cause) == (State.DEMOTE, Cause.NOT_LISTED)


@pytest.mark.req("HA-1")
def test_the_order_of_starting_ends_with_the_address():
    won = standby(etcd=etcd(leader=Leader("n2", 60), revision=61), lease=Lease(60, AT + 4_900, AT - 100))
    promoting = memory(State.PROMOTE, since=AT - 100, epoch=60)
    steps = [
        (act.PromotePostgres, {"postgres": Postgres(Role.PRIMARY, accepting=True, names="n1")}),
        (act.RecordSync, {"etcd": replace(won.etcd, sync=Sync("n2", None, 62))}),
        (act.SetSyncNames, {"postgres": Postgres(Role.PRIMARY, accepting=True)}),
        (act.StartServices, {"services": Services(running=True, stopped=False)}),
    ]
    for wished, fulfilled in steps:
        verdict = decide(promoting, won, TIMING)
        assert kinds(verdict) == {wished}
        assert verdict.memory.state is State.PROMOTE
        won = replace(won, **fulfilled)
    verdict = decide(promoting, won, TIMING)
    assert verdict.memory.state is State.ACTIVE
    assert verdict.actions == (act.HoldAddress(AT + 4_900 - TIMING.address_margin_ms),)


def test_an_address_that_another_answers_for_is_not_taken_while_the_peer_lives():
    ready = active(health=Health(address_conflict=True), etcd=etcd(sync=Sync("n1", None, 41)))
    ready = replace(ready, postgres=Postgres(Role.PRIMARY, accepting=True))
    verdict = decide(memory(State.PROMOTE, since=AT - 100), ready, TIMING)
    assert verdict.actions == (act.Alarm(act.AlarmKind.ADDRESS_CONFLICT),)
    alone = replace(ready, peer=Peer())
    assert decide(memory(State.PROMOTE, since=AT - 100), alone, TIMING).memory.state is State.ACTIVE


# -- being active --------------------------------------------------------------------------------------


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
    unsteady = decide(memory(State.ACTIVE, peer_stable_since=AT - 29_000), alone, TIMING)
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
    assert act.StopPostgres(at_once=False) in decide(leaving.memory, late, TIMING).actions


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
    stuck = decide(memory(State.DEMOTE, since=AT - 5_100), stopping, TIMING)
    assert act.LetLeaseExpire() in stuck.actions


# -- beginnings and ends -------------------------------------------------------------------------------


@pytest.mark.req("HA-1")
def test_a_start_silences_what_an_earlier_run_left_and_counts_as_a_promise():
    begun = started(AT, TIMING)
    assert begun.pledged_until == AT + TIMING.promise_ms
    verdict = decide(begun, active(lease=None), TIMING)
    assert verdict.memory.state is State.BOOT
    assert kinds(verdict) == {act.DropAddress, act.StopServices, act.StopPostgres}


def test_a_box_that_was_primary_is_rewound_then_cloned_then_given_up():
    divergent = Postgres(Role.STANDBY, accepting=True, divergent=True)
    ways = [
        decide(memory(State.JOIN), standby(postgres=replace(divergent, rejoin_failures=failures)), TIMING)
        for failures in range(4)
    ]
    assert act.Rejoin(act.RejoinWay.REWIND) in ways[0].actions
    assert act.Rejoin(act.RejoinWay.CLONE) in ways[1].actions
    assert ways[3].memory.state is State.FAILED


def test_break_glass_makes_active_without_etcd_and_yields_to_whoever_leads():
    alone = standby(etcd=Etcd(), forced=True)
    verdict = decide(memory(State.JOIN), alone, TIMING)
    assert (verdict.memory.state, verdict.memory.cause) == (State.PROMOTE, Cause.FORCED)
    ready = replace(
        alone, postgres=Postgres(Role.PRIMARY, accepting=True), services=Services(running=True, stopped=False)
    )
    serving = decide(verdict.memory, ready, TIMING)
    assert serving.memory.state is State.ACTIVE_SOLO
    assert act.Alarm(act.AlarmKind.FORCED) in decide(serving.memory, ready, TIMING).actions
    other_leads = replace(ready, etcd=etcd())
    assert decide(serving.memory, other_leads, TIMING).memory.state is State.DEMOTE


def test_a_failed_disk_ends_in_failed_and_stays_there():
    broken = active(health=Health(disk_failed=True, address_held=True))
    leaving = decide(memory(State.ACTIVE), broken, TIMING)
    assert leaving.memory.cause is Cause.DISK
    stopped = Seen(AT, "n1", "n2", etcd(), health=Health(disk_failed=True))
    failed = decide(leaving.memory, stopped, TIMING)
    assert failed.memory.state is State.FAILED
    repaired = replace(stopped, health=Health())
    assert decide(failed.memory, repaired, TIMING).memory.state is State.FAILED


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

CORE = [
    "actions", "active", "damping", "decide", "model", "passive", "promise", "readiness", "reasons", "rights",
    "sync_rules", "timing", "verdict",
]  # fmt: skip


@pytest.mark.parametrize("name", CORE)
def test_the_core_imports_nothing_that_could_wait_read_a_clock_or_a_socket(name):
    tree = ast.parse((Path(appliance.ha.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    inside = {f"appliance.ha.{other}" for other in CORE}
    assert imported <= inside | {"appliance.ha", "enum", "msgspec", "msgspec.structs"}


def test_every_state_has_its_rule_and_every_sentence_takes_its_arguments():
    for state in State:
        assert str(decide(memory(state), active(), TIMING).reason).endswith(".")
    for why in Why:
        assert why.format("a", "b")
