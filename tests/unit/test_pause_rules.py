"""Limits of pauses, and the day's use of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.reasons.model import PauseReason
from appliance.callcenter.reasons.rules import DAY_MS, MINUTE_MS, DayUse, Stretch, limit_at, stretches


def reason(limit: int = 0, day: int = 0) -> PauseReason:
    return PauseReason("小休", "Break", "yellow", "break", limit, day, 1, active=True, id=1, code="rest")


@pytest.mark.req("AGT-1")
@pytest.mark.parametrize(
    ("limit", "day", "used", "expected"),
    [
        (0, 0, 0, None),
        (15, 0, 0, 15),
        (0, 60, 50, 10),
        (15, 60, 50, 10),
        (15, 60, 10, 15),
        (0, 60, 90, 0),
        (15, 0, 500, 15),
    ],
)
def test_the_sooner_limit_counts(limit: int, day: int, used: int, expected: int | None) -> None:
    since = 1_000_000
    at = limit_at(reason(limit, day), since, used * MINUTE_MS)
    assert at == (None if expected is None else since + expected * MINUTE_MS)


def test_a_state_without_a_reason_has_no_limit() -> None:
    assert limit_at(None, 0, 0) is None


def test_only_todays_part_of_a_pause_counts_and_each_reason_by_itself() -> None:
    use = DayUse()
    use.start(DAY_MS, [Stretch(1, "rest", DAY_MS - 5, DAY_MS + 3), Stretch(1, "meal", DAY_MS, DAY_MS + 7)])
    use.add(Stretch(1, "rest", DAY_MS + 10, DAY_MS + 14))
    use.add(Stretch(1, "rest", 0, DAY_MS - 1))
    assert (use.used(1, "rest"), use.used(1, "meal"), use.used(2, "rest")) == (7, 7, 0)
    assert not use.over(2 * DAY_MS - 1)
    assert use.over(2 * DAY_MS)


def test_the_log_gives_the_pauses_that_ended() -> None:
    log = [
        (1, "busy", "rest", 0),
        (2, "busy", "meal", 5),
        (1, "busy", "meal", 10),
        (1, "ready", "", 30),
        (1, "talking", "", 40),
        (1, "busy", "rest", 50),
    ]
    assert list(stretches(log)) == [Stretch(1, "rest", 0, 10), Stretch(1, "meal", 10, 30)]


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["busy", "ready"]), st.integers(1, 1000)), max_size=40))
def test_pauses_never_overlap_for_one_agent(steps: list[tuple[int, str, int]]) -> None:
    at, log = 0, []
    for agent, state, later in steps:
        at += later
        log.append((agent, state, "rest" if state == "busy" else "", at))
    ends: dict[int, int] = {}
    for stretch in stretches(log):
        assert ends.get(stretch.agent, 0) <= stretch.began < stretch.ended
        ends[stretch.agent] = stretch.ended
