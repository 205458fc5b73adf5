"""The peer's promise, all interleavings: two nodes never both act."""

import pytest

from appliance.ha.decision import promise
from tests.ha.explorer import TICKS, TIMING, Rules, explore

pytestmark = pytest.mark.req("HA-1")


def test_never_are_both_active_whatever_is_lost_late_paused_or_restarted(capsys):
    explored = explore()
    with capsys.disabled():
        print(f"\nexplorer of the promise: {explored.states:,} states, {explored.steps:,} steps")
    assert explored.story == []
    assert explored.states > 40_000


@pytest.mark.parametrize(
    ("bug", "rules"),
    [
        ("the promise counts from the answer", Rules(believed=lambda _: TICKS)),
        ("a restart forgets the promise", Rules(after_start=lambda: 0)),
        ("a promise does not keep from campaigning", Rules(is_free=lambda _: True)),
        ("a promise is one tick short", Rules(granted=lambda pledged: max(pledged, TICKS - 1))),
        ("the lease counts from the answer", Rules(counts_lease_from_answer=True)),
    ],
)
def test_a_planted_bug_is_found(bug, rules):
    assert explore(rules).story, bug


def test_a_promise_is_never_shortened():
    assert promise.granted(9_000, 1_000, TIMING) == 9_000
