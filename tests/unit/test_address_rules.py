"""Lifetimes, announcements, thresholds of the uplink, conflicts: in virtual time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.ha.address.rules import Announcing, Reach, Thresholds, Watch, lifetime_seconds

pytestmark = pytest.mark.req("HA-1")

LIMITS = Thresholds()


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(4_650, 4), (4_000, 4), (3_999, 3), (1_000, 1), (999, 0), (0, 0), (-1, 0), (-(10**9), 0), (10**12, 10**9)],
)
def test_a_lifetime_is_in_whole_seconds_and_never_too_long(left, seconds):
    assert lifetime_seconds(7_123 + left, 7_123) == seconds


@given(st.integers(0, 2**50), st.integers(0, 2**50))
def test_a_lifetime_never_ends_later_than_wished(until, at):
    seconds = lifetime_seconds(until, at)
    assert seconds == 0 or at + seconds * 1_000 <= until
    assert until - at - seconds * 1_000 < 1_000


def announced(until: int, stalls: dict[int, int] | None = None) -> list[int]:
    announcing, at, times = Announcing(1_000), 1_000, []
    while at < until:
        at = max(at, announcing.due_at)
        at = (stalls or {}).get(at, at)
        times.append(at - 1_000)
        announcing = announcing.after_sending(at)
    return times


def test_an_address_is_announced_when_taken_and_every_minute():
    assert announced(150_000) == [0, 300, 1_000, 5_000, 65_000, 125_000, 185_000]


def test_announcements_that_were_missed_are_not_made_up_for():
    assert announced(20_000, {1_300: 3_500}) == [0, 2_500, 5_000, 65_000]
    assert announced(20_000, {1_000: 9_000}) == [8_000, 68_000]


def watched(carrier, answers, until: int, start: Reach | None = None) -> list[tuple[int, bool]]:
    """Changes of the view; `carrier(at)`, and the last of `answers` before each look."""
    reach, changes = start or Reach(), []
    for at in range(0, until, 100):
        answered = max((time for time in answers if time <= at), default=0)
        before, reach = reach.works, reach.step(at, carrier=carrier(at), answered_at=answered, limits=LIMITS)
        if before != reach.works:
            changes.append((at, reach.works))
    return changes


def test_an_uplink_is_lost_after_a_second_without_carrier_and_back_after_three():
    everyone = range(0, 30_000, 100)
    assert watched(lambda at: not 5_000 <= at < 9_000, everyone, 30_000) == [(5_900, False), (12_000, True)]


def test_a_short_loss_of_carrier_does_not_count():
    assert watched(lambda at: at % 2_000 >= 900, range(0, 30_000, 100), 30_000) == []


def test_a_gateway_is_lost_after_three_seconds_of_silence():
    answers = [*range(0, 5_000, 1_000), *range(12_000, 30_000, 1_000)]
    assert watched(lambda _: True, answers, 30_000) == [(7_000, False), (15_000, True)]


def test_two_answers_that_got_lost_do_not_count():
    assert watched(lambda _: True, range(0, 30_000, 2_900), 30_000) == []


def test_a_gateway_that_answers_now_and_then_is_not_back():
    answers = [0, *range(6_000, 60_000, 5_000)]
    assert watched(lambda _: True, answers, 60_000) == [(3_000, False)]


def test_a_box_that_starts_without_a_cable_says_so_soon():
    assert watched(lambda _: False, range(0, 5_000, 100), 5_000) == [(1_000, False)]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=200))
def test_the_view_never_changes_more_often_than_its_thresholds_allow(steps):
    reach, answered, changed = Reach(), 0, -LIMITS.back_ms
    for number, (carrier, answers) in enumerate(steps):
        at = number * 100
        answered = at if answers and carrier else answered
        before, reach = reach.works, reach.step(at, carrier=carrier, answered_at=answered, limits=LIMITS)
        if reach.works and not before:
            assert at - changed >= LIMITS.back_ms
        if reach.works != before:
            changed = at


def probes(watch: Watch, start: int, until: int, claims=()) -> list[int]:
    times = []
    for at in range(start, until, 100):
        if at in claims:
            watch = watch.claimed(at)
        due = watch.due_at(at)
        if due is not None and due <= at:
            watch = watch.probed(at)
            times.append(at - start)
        watch = watch.wished(at)
    return times


def test_nobody_is_asked_until_somebody_wants_to_know():
    assert Watch().due_at(5_000) is None
    assert not Watch().claimed(5_000).conflict(5_000)


def test_a_watch_begins_with_two_probes_and_goes_on_quietly():
    assert probes(Watch().wished(1_000), 1_000, 25_000) == [0, 200, 10_200, 20_200]


def test_a_conflict_is_looked_after_until_it_is_over():
    claims = (1_100, 1_900, 2_500, 3_100)
    assert probes(Watch().wished(1_000), 1_000, 8_000, claims) == [0, 200, 800, 1_400, 2_000, 2_600, 3_200, 3_800]


def test_a_claim_counts_for_two_seconds():
    watch = Watch().wished(1_000).claimed(1_100)
    assert watch.conflict(1_100)
    assert watch.conflict(3_099)
    assert not watch.wished(3_000).conflict(3_100)


def test_a_watch_ends_three_seconds_after_it_was_last_asked_for():
    watch = Watch().wished(1_000).probed(1_000).probed(1_200).wished(2_000)
    assert watch.due_at(4_999) is not None
    assert watch.due_at(5_000) is None
    assert not watch.claimed(5_000).wished(5_001).conflict(5_001), "what was said meanwhile was not for us"
    assert watch.wished(5_001).due_at(5_001) == 5_001, "it begins anew"
