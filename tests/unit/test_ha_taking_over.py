"""Single decisions of a node that is not active: what keeps it from taking over, how it begins and joins."""

import pytest
from msgspec.structs import replace

from appliance.ha.decision import actions as act
from appliance.ha.decision.decide import decide, started
from appliance.ha.decision.model import (
    Cause,
    Desired,
    Etcd,
    Health,
    Leader,
    Lease,
    Peer,
    Postgres,
    Role,
    Seen,
    Services,
    State,
    Sync,
)
from appliance.ha.decision.reasons import Why
from tests.ha.pictures import AT, TIMING, active, etcd, kinds, memory, nobody_leads, standby

# -- taking over ---------------------------------------------------------------------------------------


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
