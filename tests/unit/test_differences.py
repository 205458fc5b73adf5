"""What the reconciler calls a difference, and what it leaves alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.acd.model import CAUSE_PHONE
from appliance.callcenter.control.mending.differences import (
    PHONE_RETRY_MS,
    Difference,
    Kind,
    KnownAgent,
    KnownCall,
    Picture,
    Reality,
    call_of,
    compare,
)
from appliance.callcenter.control.showing.pages import ASLEEP_MS, GRACE_MS, Pages

CALL, OTHER = "0123456789abcdef", "fedcba9876543210"
CUSTOMER, LEG, BRIDGE = "1700000000.1", f"{CALL}-1", f"{CALL}-b"
NOW = 10**12

TALK = Picture(
    calls={CALL: KnownCall((CUSTOMER, LEG), BRIDGE)},
    agents={1: KnownAgent(occupied=True, call=CALL, endpoint="8001", phone_online=True)},
    channels={CUSTOMER: CALL, LEG: CALL},
)
TALKING = Reality({CUSTOMER: True, LEG: False}, frozenset({BRIDGE}), {"8001": True})
NOBODY = Picture()


def kinds(picture, reality, now=NOW):
    return {(found.kind, found.subject) for found in compare(picture, reality, now)}


@pytest.mark.req("HA-5")
@pytest.mark.parametrize(
    ("picture", "reality", "expected"),
    [
        (NOBODY, Reality(), set()),
        (TALK, TALKING, set()),
        (NOBODY, Reality({LEG: False}), {(Kind.ORPHAN_CHANNEL, LEG)}),
        (NOBODY, Reality({"1700000000.9": False}), set()),
        (NOBODY, Reality({CUSTOMER: True}), {(Kind.LOST_ARRIVAL, CUSTOMER)}),
        (Picture(attended=frozenset({CUSTOMER})), Reality({CUSTOMER: True}), {(Kind.ORPHAN_CHANNEL, CUSTOMER)}),
        (NOBODY, Reality(bridges=frozenset({BRIDGE})), {(Kind.ORPHAN_BRIDGE, BRIDGE)}),
        (NOBODY, Reality(bridges=frozenset({"conference-1"})), set()),
        (TALK, Reality({CUSTOMER: True}, frozenset({BRIDGE})), {(Kind.LOST_HANG_UP, LEG)}),
        (Picture(calls={CALL: KnownCall()}), Reality(), {(Kind.EMPTY_CALL, CALL)}),
        (Picture(calls={CALL: KnownCall(waits=True)}), Reality(), set()),
        (Picture(agents={1: KnownAgent(occupied=True, call=CALL)}), Reality(), {(Kind.STUCK_AGENT, "1")}),
        (Picture(agents={1: KnownAgent(call=CALL)}), Reality(), set()),
        (Picture(agents={1: KnownAgent(endpoint="8001")}), Reality(endpoints={"8001": True}), {(Kind.PHONE, "1")}),
        (Picture(agents={1: KnownAgent(endpoint="8001")}), Reality(endpoints={"8001": False}), set()),
        (
            Picture(agents={1: KnownAgent(endpoint="8001", phone_online=True)}),
            Reality(endpoints={}),
            {(Kind.PHONE, "1")},
        ),
        (Picture(agents={1: KnownAgent(endpoint="8001", phone_online=True)}), Reality(), set()),
        (Picture(agents={1: KnownAgent(phone_online=True)}), Reality(endpoints={}), set()),
    ],
)
def test_differences(picture, reality, expected):
    assert kinds(picture, reality) == expected


@pytest.mark.req("HA-5")
def test_phone_that_failed_when_it_was_rung_is_believed_again_only_after_a_while():
    agent = KnownAgent(endpoint="8001", cause=CAUSE_PHONE, since=NOW)
    picture, reality = Picture(agents={1: agent}), Reality(endpoints={"8001": True})
    assert kinds(picture, reality, NOW + PHONE_RETRY_MS - 1) == set()
    assert kinds(picture, reality, NOW + PHONE_RETRY_MS) == {(Kind.PHONE, "1")}


channels = st.sampled_from([CUSTOMER, LEG, f"{CALL}-2", f"{OTHER}-1", "1700000000.2"])
bridges = st.sampled_from([BRIDGE, f"{OTHER}-b", "conference"])
known_calls = st.builds(
    KnownCall, st.lists(channels, unique=True, max_size=3).map(tuple), st.sampled_from(["", BRIDGE]), st.booleans()
)
agents = st.builds(KnownAgent, st.booleans(), st.sampled_from(["", CALL, OTHER]), st.just("8001"), st.booleans())
pictures = st.builds(
    Picture,
    st.dictionaries(st.sampled_from([CALL, OTHER]), known_calls),
    st.dictionaries(st.integers(1, 3), agents),
    st.dictionaries(channels, st.sampled_from([CALL, OTHER])),
    st.frozensets(st.sampled_from([CALL, OTHER])),
    st.frozensets(channels),
)
realities = st.builds(
    Reality,
    st.dictionaries(channels, st.booleans()),
    st.frozensets(bridges),
    st.none() | st.dictionaries(st.just("8001"), st.booleans()),
)


@pytest.mark.req("HA-5")
@given(pictures, realities)
def test_nothing_in_flight_is_ever_called_a_difference(picture, reality):
    for found in compare(picture, reality, NOW):
        call = found.detail if found.kind in {Kind.LOST_HANG_UP, Kind.STUCK_AGENT} else call_of(found.subject)
        assert call not in picture.in_flight


@pytest.mark.req("HA-5")
@given(pictures, realities)
def test_what_is_hung_up_is_nothing_that_a_call_uses(picture, reality):
    used = {call.bridge for call in picture.calls.values()}
    for found in compare(picture, reality, NOW):
        if found.kind in {Kind.ORPHAN_CHANNEL, Kind.LOST_ARRIVAL}:
            assert found.subject in reality.channels
            assert found.subject not in picture.channels
        if found.kind is Kind.ORPHAN_BRIDGE:
            assert found.subject not in used


@pytest.mark.req("HA-5")
@given(pictures, realities)
def test_when_reality_is_what_we_believe_there_is_no_difference(picture, reality):
    calls = {key: call for key, call in picture.calls.items() if call.channels or call.waits}
    believed = {channel: key for key, call in calls.items() for channel in call.channels}
    free = {
        key: KnownAgent(agent.occupied and agent.call in calls, agent.call, agent.endpoint, agent.phone_online)
        for key, agent in picture.agents.items()
    }
    ours = Picture(calls, free, believed, picture.in_flight, picture.attended)
    same = Reality(dict.fromkeys(believed, True), frozenset(call.bridge for call in calls.values()), None)
    assert compare(ours, same, NOW) == frozenset()


def test_a_difference_is_another_one_when_its_detail_changed():
    assert Difference(Kind.PHONE, "1", "online") != Difference(Kind.PHONE, "1", "offline")


@pytest.mark.req("HA-5")
def test_page_is_gone_after_the_grace_and_back_at_once():
    pages = Pages()
    assert not pages.online(1, NOW), "she never had one"
    pages.heard(1, "a", NOW)
    pages.heard(1, "b", NOW)
    pages.closed(1, "a", NOW + 10)
    assert pages.online(1, NOW + 60_000), "the other tab is open"
    pages.closed(1, "b", NOW + 60_000)
    assert pages.online(1, NOW + 60_000 + GRACE_MS - 1), "a reload takes so long"
    assert not pages.online(1, NOW + 60_000 + GRACE_MS)
    assert pages.gone_since(1, NOW + 70_000) == NOW + 60_000
    pages.heard(1, "c", NOW + 80_000)
    assert pages.online(1, NOW + 80_000)


@pytest.mark.req("HA-5")
def test_page_that_says_nothing_any_more_is_asleep():
    pages = Pages()
    pages.heard(1, "a", NOW)
    assert pages.online(1, NOW + ASLEEP_MS - 1)
    assert pages.gone_since(1, NOW + ASLEEP_MS) == NOW
    assert not pages.online(1, NOW + ASLEEP_MS)


@pytest.mark.req("HA-5")
def test_after_a_start_pages_are_expected_back():
    pages = Pages()
    pages.expect([1], NOW)
    assert pages.online(1, NOW + 1)
    assert not pages.online(1, NOW + GRACE_MS)
