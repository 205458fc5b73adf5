"""The pair in virtual time: random faults, planted bugs, and every bug that was found, by name.

A failing seed prints its story; `make ha ARGS="--seed N --trace"` plays it again.
"""

import pytest

from appliance.ha.decision.model import COUNTED, Cause
from appliance.ha.decision.timing import Timing
from tests.ha.mutants import LATE_ADDITION, MUTANTS, planted
from tests.ha.world.checks import ViolationError
from tests.ha.world.faults import KINDS, Fault, strike
from tests.ha.world.runs import complaint, limits_broken, play, play_all, run, told
from tests.ha.world.world import World

SCHEDULES = 400


@pytest.mark.req("HA-1", "HA-3", "HA-4")
def test_random_faults_break_no_invariant(capsys):
    summary = play_all(range(SCHEDULES))
    with capsys.disabled():
        print(f"\nvirtual time: {summary}")
    assert not summary.failures, "\n\n".join(told(outcome) for outcome in summary.failures)
    assert set(summary.faults) == set(KINDS), "some kind of fault never struck"
    assert summary.takeovers > SCHEDULES / 4


def test_a_seed_plays_the_same_again():
    assert play(4_711) == play(4_711)


@pytest.mark.req("HA-1", "HA-4")
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_a_planted_bug_is_caught(mutant):
    with planted(mutant):
        found = next((seed for seed in range(200) if play(seed, mutant.kinds, (3, 4, 5)).broken), None)
    assert found is not None, f"nothing was broken without: {mutant.rule}"
    assert not play(found, mutant.kinds, (3, 4, 5)).broken


@pytest.mark.req("HA-1")
@pytest.mark.parametrize("target", ["active", "standby"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_one_fault_alone_keeps_the_limits_of_its_kind(kind, target):
    for seed, length in ((1, 1_500), (2, 12_000)):
        outcome = run(seed, [Fault(kind, target, 3_000 + 170 * seed, length)])
        assert not complaint(outcome), told(outcome)


def test_a_gap_that_is_too_long_is_noticed():
    outcome = run(1, [Fault("power off", "active", 3_000, 12_000)])
    assert outcome.address_gap > 4_000
    as_standby = outcome._replace(schedule=(Fault("power off", "standby", 3_000, 12_000),))
    assert limits_broken(as_standby).startswith("I14")
    assert limits_broken(as_standby._replace(address_gap=0)).startswith("I15")


# -- what the schedules have found ---------------------------------------------------------------------


def quiet(*faults):
    outcome = run(7, [Fault(*fault) for fault in faults])
    assert not outcome.broken, told(outcome)
    return outcome


@pytest.mark.req("HA-3")
def test_a_planned_change_is_not_counted_as_a_failover():
    """Maintenance of the active counted as if it had died, so three planned ones led to a hold."""
    world = World(1)
    world.begin_running()
    strike(world, Fault("maintenance", "active", 0, 60_000))
    world.run(20_000)
    assert world.boxes["n2"].serves
    assert world.etcd.failovers == []
    assert Cause.SWITCHOVER not in COUNTED


def test_maintenance_of_the_only_complete_box_waits_for_the_other():
    """The active died before it could hand over, came back into maintenance, and nobody was allowed to serve."""
    quiet(
        ("box frozen", "active", 2_000, 25_000),
        ("agent killed", "active", 16_794, 0),
        ("maintenance", "active", 16_800, 1_500),
    )


def test_a_box_whose_clock_stood_still_gives_way_when_the_peer_says_that_it_serves():
    """Its lease seemed to last, and it could not reach etcd to learn better."""
    outcome = quiet(
        ("no way to the other members", "active", 3_500, 25_000), ("virtual machine paused", "active", 3_800, 8_000)
    )
    assert outcome.double_ms <= 700


@pytest.mark.req("HA-1", "HA-4")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_box_that_slept_through_a_whole_reign_is_not_promised_to_and_acknowledges_nothing(seed):
    """The peer led meanwhile, lost its lease, and promised; the sleeper read that no standby was listed and went on."""
    outcome = run(
        seed,
        [
            Fault("virtual machine paused", "active", 8_000, 25_000),
            Fault("witness gone", "standby", 23_058, 25_000),
        ],
    )
    assert not outcome.broken, told(outcome)


def test_the_count_of_failovers_misses_none_that_the_network_swallowed():
    """It was written after the take-over, over the link that had just failed; a third step down followed."""
    world = World(1)
    world.begin_running()
    strike(world, Fault("power off", "active", 0, 60_000))
    world.run(6_000)
    while world.etcd.leader is None or world.etcd.leader.node != "n2":
        world.run(world.now + 10)
    assert len(world.etcd.failovers) == 1


@pytest.mark.req("HA-1")
def test_nothing_stops_while_etcd_has_no_quorum_and_the_peer_promises():
    """With an election leases begin anew: the old key outlived the promise, and then nobody was active."""
    outcome = quiet(("witness gone", "active", 3_000, 25_000), ("LAN to the peer cut", "active", 3_000, 20_000))
    assert outcome.address_gap < 200
    assert outcome.write_gap < 2_500


@pytest.mark.req("HA-4")
def test_without_etcd_commits_wait_rather_than_be_lost_when_the_standby_dies():
    outcome = quiet(("witness gone", "active", 3_000, 12_000), ("power off", "standby", 4_500, 12_000))
    assert outcome.write_gap > 2_500


def added_late(seeds):
    """The standby is written into `sync`, the write is late, and the standby is gone before it arrives."""
    for seed in seeds:
        added_once(seed)


def added_once(seed):
    world = World(seed, Timing(joined_ms=2_000, stable_ms=2_000))
    world.begin_running()
    strike(world, Fault("direct link cut", "active", 0, 3_000))
    world.run(4_000)
    active = world.boxes["n1"]
    active.writes_late = 10_000
    while active.memory.adding is None:
        world.run(world.now + 1)
    active.writes_late = 0
    strike(world, Fault("direct link cut", "active", 0, 15_000))
    world.run(world.now + 12_000)
    assert active.serves


@pytest.mark.req("HA-4")
def test_a_standby_is_not_listed_by_a_write_that_comes_after_it_was_dropped():
    """Null in the key did not say that no addition was on its way; commits stopped waiting, and then it arrived."""
    added_late(range(6))
    with planted(LATE_ADDITION), pytest.raises(ViolationError, match="I6"):
        added_late(range(6))


def test_two_failovers_by_bad_health_and_no_third():
    outcome = run(3, [Fault("services crash", "active", at, 14_000) for at in (3_000, 45_000, 90_000, 135_000)])
    assert not outcome.broken, told(outcome)
    assert outcome.takeovers == 2


@pytest.mark.req("HA-1")
@pytest.mark.parametrize("begin", ["cold", "new"])
def test_both_boxes_switched_on_find_their_roles(begin):
    for seed in range(8):
        outcome = run(seed, [], begin)
        assert not outcome.broken, told(outcome)
        assert outcome.takeovers == 1
