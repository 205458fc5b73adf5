"""Limits of outside calls: classes of numbers, night, caps, the alarm against toll fraud."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.call_limits import forms
from appliance.callcenter.call_limits.history import KEPT_MS, History
from appliance.callcenter.call_limits.model import (
    NOTHING,
    USUAL,
    Attempt,
    CallClass,
    Limit,
    Policy,
    Reason,
    Rules,
)
from appliance.callcenter.call_limits.rules import (
    HOUR_MS,
    MINUTE_MS,
    Now,
    at_night,
    class_of,
    exhausted,
    limit_for,
    refusal,
    velocity,
)
from appliance.callcenter.forms import FormError
from appliance.pbx.numbers import NumberingPlan, classify

AT = 1_800_000_000_000
NOW = Now(AT, AT - 10 * HOUR_MS, "10:00")
EVERYTHING = Limit(frozenset(CallClass), night=True)
TIMES = st.times().map(lambda time: time.strftime("%H:%M"))
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        at=st.integers(AT - 30 * HOUR_MS, AT),
        caller=st.just("8001"),
        trunk=st.sampled_from(["a", "b", ""]),
        answered=st.booleans(),
        talk_ms=st.one_of(st.none(), st.integers(0, HOUR_MS)),
    ),
    max_size=40,
)


def dialled(number: str):
    return classify(number, NumberingPlan())


@pytest.mark.req("PBX-10")
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("85550001", "local"),
        ("13800000001", "mobile"),
        ("013800000001", "mobile"),
        ("075585550001", "local"),
        ("+8675585550001", "local"),
        ("01085550001", "long_distance"),
        ("4001234567", "service"),
        ("95588", "service"),
        ("0044207183875", "international"),
        ("+44207183875", "international"),
        ("+8821612345", "premium"),
        ("0087012345678", "premium"),
        ("16812", "premium"),
    ],
)
def test_numbers_have_the_class_a_bill_would_give_them(number, expected):
    assert class_of(dialled(number), Policy(area_code="0755")) == expected


@given(TIMES, TIMES, TIMES)
def test_night_and_day_together_are_the_whole_day(begin, end, time):
    night, day = Policy(night_from=begin, night_to=end), Policy(night_from=end, night_to=begin)
    if begin == end:
        assert not at_night(time, night)
    else:
        assert at_night(time, night) != at_night(time, day)
        assert at_night(begin, night)
        assert not at_night(end, night)


@pytest.mark.req("PBX-10")
@given(ATTEMPTS, st.sampled_from(["110", "120", "8002"]))
def test_emergency_and_internal_numbers_are_never_refused(attempts, number):
    rules = Rules(Policy(night_from="00:00", night_to="23:59"), blocked=frozenset({"8001"}))
    tight = Limit(frozenset(), at_once=1, calls_per_hour=1, calls_per_day=1, minutes_per_day=1)
    assert refusal(rules, tight, "8001", dialled(number), attempts, NOW) is None


def test_the_first_reason_that_holds_is_named():
    rules = Rules(Policy(night_from="09:00", night_to="11:00"))
    mobile, abroad = dialled("13800000001"), dialled("0044207183875")
    assert refusal(replace(rules, blocked=frozenset({"8001"})), USUAL, "8001", abroad, [], NOW) is Reason.BLOCKED
    assert refusal(rules, USUAL, "8001", abroad, [], NOW) is Reason.NOT_ALLOWED
    assert refusal(rules, USUAL, "8001", mobile, [], NOW) is Reason.NIGHT
    assert refusal(rules, replace(USUAL, night=True), "8001", mobile, [], NOW) is None
    assert refusal(Rules(), NOTHING, "8001", mobile, [], NOW) is Reason.NOT_ALLOWED
    live = Attempt(AT - 1, "8001", "a", answered=False, talk_ms=None)
    assert refusal(Rules(), replace(USUAL, at_once=1), "8001", mobile, [live], NOW) is Reason.LIMIT


def test_an_extensions_own_limit_comes_before_its_right_and_its_role():
    own, role = Limit(frozenset({CallClass.INTERNATIONAL})), Limit(frozenset({CallClass.LOCAL}))
    rules = Rules(limits={("extension", "8001"): own, ("role", "agent"): role})
    assert limit_for(rules, "agent", "8001", own_right=False) is own
    assert limit_for(rules, "agent", "8002", own_right=True) is role
    assert limit_for(rules, "manager", "8003", own_right=True) is USUAL
    assert limit_for(rules, "agent", "8002", own_right=False) is NOTHING
    assert limit_for(rules, "agent", "", own_right=True) is role


@pytest.mark.req("PBX-10")
@given(ATTEMPTS, st.integers(1, 20), st.sampled_from(["at_once", "calls_per_hour", "calls_per_day"]))
def test_a_cap_stops_exactly_the_call_after_the_last_allowed(attempts, most, cap):
    counted = {
        "at_once": lambda one: one.talk_ms is None,
        "calls_per_hour": lambda one: one.at > AT - HOUR_MS,
        "calls_per_day": lambda one: one.at >= NOW.midnight,
    }[cap]
    used = sum(counted(one) for one in attempts if one.trunk or one.talk_ms is None)
    assert exhausted(replace(EVERYTHING, **{cap: most}), attempts, NOW) is (used >= most)
    assert not exhausted(EVERYTHING, attempts, NOW)


@given(ATTEMPTS, st.integers(1, 300))
def test_minutes_of_today_are_added_up_live_calls_too(attempts, minutes):
    talked = sum(
        one.talk_ms if one.talk_ms is not None else AT - one.at
        for one in attempts
        if one.answered and one.at >= NOW.midnight and (one.trunk or one.talk_ms is None)
    )
    assert exhausted(replace(EVERYTHING, minutes_per_day=minutes), attempts, NOW) is (talked >= minutes * MINUTE_MS)


@pytest.mark.req("PBX-10")
@given(ATTEMPTS, st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(AT - HOUR_MS, AT))
def test_the_alarm_rises_when_and_only_when_a_threshold_is_reached_after_the_release(
    attempts, calls, short, failed, released
):
    policy = Policy(window_minutes=30, window_calls=calls, window_short=short, window_failed=failed)
    alarm = velocity(policy, attempts, released, AT)
    recent = [one for one in attempts if one.at > max(released, AT - 30 * MINUTE_MS)]
    reached = {
        "calls": 0 < calls <= len(recent),
        "short": 0 < short <= sum(one.answered and 0 < (one.talk_ms or 0) < 6000 for one in recent),
        "failed": 0 < failed <= sum(not one.answered and one.talk_ms is not None for one in recent),
    }
    assert (alarm is not None) is any(reached.values())
    if alarm is not None:
        assert reached[alarm.what]
        zh, en = alarm.text("8001", policy)
        assert "8001" in zh
        assert str(alarm.count) in en


@given(ATTEMPTS)
def test_history_forgets_what_is_older_than_a_day_and_nothing_else(attempts):
    history = History()
    for one in sorted(attempts, key=lambda one: one.at):
        history.add(one)
    since = AT - KEPT_MS
    kept = sorted((one for one in attempts if one.at >= since), key=lambda one: one.at)
    assert history.of_caller("8001", since) == kept
    assert history.of_trunk("a", since) == [one for one in kept if one.trunk == "a"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"night_from": ["22:00"], "night_to": [""]}, "night_to"),
        ({"night_from": ["25:00"]}, "night_from"),
        ({"area_code": ["755"]}, "area_code"),
        ({"premium": ["160,168"]}, "premium"),
        ({"window_minutes": ["0"]}, "window_minutes"),
    ],
)
def test_wrong_rules_are_refused_at_the_field_at_fault(values, field):
    fine = {name: [str(value)] for name, value in ((n, getattr(Policy(), n)) for n in Policy.__struct_fields__)}
    forms.read_policy(fine)
    with pytest.raises(FormError) as refused:
        forms.read_policy(fine | values)
    assert field in refused.value.problems
