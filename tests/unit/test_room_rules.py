"""Conference rooms: who may enter, who hears whom, what keys mean, and that PINs leave no trace."""

import copy
import itertools
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.forms import FormError
from appliance.callcenter.rooms import forms, pins
from appliance.callcenter.rooms.model import EARLY_MS, LiveRoom, RoomEntry, RoomPart
from appliance.callcenter.rooms.rules import (
    CALL_LATE_MS,
    FAILURE_WINDOW_MS,
    FAILURES,
    MODERATORS_KEYS,
    Key,
    call_now,
    key_meaning,
    locked_out,
    place,
    recorded_next,
    refusal,
)
from appliance.secret import Secret

NOW = 1_800_000_000_000
PARTS = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.builds(RoomPart, st.just("6900"), joined=st.booleans(), ready=st.booleans(), in_bridge=st.booleans()),
    max_size=6,
)
OPEN = RoomEntry(1, "6900", "会诊", "", "", None, None, record=False, largest=3, invitees=(), created_by="manager")


def room(**changes) -> RoomEntry:
    return copy.replace(OPEN, **changes)


@pytest.mark.req("PBX-6")
@given(PARTS)
def test_two_or_more_are_together_and_nobody_is_alone_in_the_bridge(parts):
    placing = place(parts)
    inside = {call for call, part in parts.items() if part.in_bridge and part.joined and part.ready}
    after = (inside | set(placing.into)) - set(placing.out)
    ready = {call for call, part in parts.items() if part.joined and part.ready}
    assert after == (ready if len(ready) > 1 else set())
    assert not set(placing.into) & set(placing.out)


@pytest.mark.req("PBX-6")
def test_locks_limits_and_hours_keep_participants_out_but_not_moderators_or_the_invited():
    def why(entry, *, locked=False, inside=0, moderator=False, invited=False):
        live = LiveRoom("6900", NOW, locked=locked)
        return refusal(entry, live, inside, NOW, moderator=moderator, invited=invited)

    assert why(OPEN) == ""
    assert why(OPEN, locked=True) == "room-locked"
    assert why(OPEN, inside=3) == "room-full"
    assert why(OPEN, locked=True, inside=3, moderator=True) == why(OPEN, locked=True, invited=True) == ""
    assert why(room(opens_at=NOW + EARLY_MS)) == ""
    assert why(room(opens_at=NOW + EARLY_MS + 1)) == "room-closed"
    assert why(room(closes_at=NOW), moderator=True) == "room-closed"
    assert why(room(closes_at=NOW + 1)) == ""


@given(st.lists(st.integers(NOW - 2 * FAILURE_WINDOW_MS, NOW), max_size=30))
def test_so_many_wrong_pins_in_ten_minutes_close_the_door_and_time_opens_it(failures):
    recent = [at for at in failures if at > NOW - FAILURE_WINDOW_MS]
    assert locked_out(failures, NOW) is (len(recent) >= FAILURES)
    assert not locked_out(failures, NOW + FAILURE_WINDOW_MS)


@given(st.text("0123456789*#", max_size=12), st.booleans())
def test_keys_mean_something_only_after_a_star_and_the_moderators_only_to_moderators(keys, moderator):
    before, wishes = "", []
    for key in keys:
        before, wish = key_meaning(before, key, moderator=moderator)
        wishes += [wish] if wish else []
    expected = []
    for first, second in itertools.pairwise(keys):
        if first == "*" and second in set(Key) and (moderator or Key(second) not in MODERATORS_KEYS):
            expected.append(Key(second))
    assert wishes == expected


def test_the_recording_goes_on_with_whom_has_been_inside_longest():
    assert recorded_next([("b", 2, True), ("a", 3, True), ("c", 1, False)]) == "b"
    assert recorded_next([("c", 1, False)]) == ""


@pytest.mark.req("PBX-6")
def test_pins_tell_moderators_from_participants_and_others_from_both():
    entry = room(pin_hash=pins.hash_pin("2468"), moderator_hash=pins.hash_pin("13579"))
    assert pins.role_of(entry, Secret("2468")) == "participant"
    assert pins.role_of(entry, Secret("13579")) == "moderator"
    for wrong in ("", "2469", "246", "24680"):
        assert pins.role_of(entry, Secret(wrong)) == ""
    only_moderator = room(moderator_hash=entry.moderator_hash)
    assert pins.role_of(only_moderator, Secret()) == "participant"
    assert pins.role_of(only_moderator, Secret("1")) == ""
    assert pins.hash_pin("2468") != entry.pin_hash
    assert "2468" not in entry.pin_hash


@pytest.mark.req("SEC-2", "PBX-6")
def test_a_secret_shows_stores_and_sends_nothing():
    secret = Secret().plus("2").plus("4")
    assert (len(secret), secret.reveal()) == (2, "24")
    assert "24" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        msgspec.json.encode({"digits": secret})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"pin": ["12a4"]}, "pin"),
        ({"pin": ["123"]}, "pin"),
        ({"pin": ["123456789"]}, "pin"),
        ({"pin": ["2468"], "moderator_pin": ["2468"]}, "moderator_pin"),
        ({"starts": ["2026-01-02T10:00"], "ends": ["2026-01-02T10:00"]}, "ends"),
        ({"starts": ["tomorrow"]}, "starts"),
        ({"invitees": ["8001\nabc"]}, "invitees"),
        ({"number": ["0123"]}, "number"),
        ({"name": [""]}, "name"),
        ({"largest": ["1"]}, "largest"),
    ],
)
def test_a_wrong_room_is_refused_at_the_field_at_fault(values, field):
    fine = {"number": ["6900"], "name": ["会诊"], "largest": ["20"], "invitees": ["8001， 138 0000 0001\n8001"]}
    assert forms.read(fine).invitees == "8001\n13800000001"
    with pytest.raises(FormError) as refused:
        forms.read(fine | values)
    assert field in refused.value.problems


@pytest.mark.req("PBX-6")
@pytest.mark.parametrize(
    ("entry", "called_for", "expected"),
    [
        (room(opens_at=NOW, call_invited=True), None, True),
        (room(opens_at=NOW, call_invited=True), NOW - 86_400_000, True),
        (room(opens_at=NOW, call_invited=True), NOW, False),
        (room(opens_at=NOW + 1, call_invited=True), None, False),
        (room(opens_at=NOW - CALL_LATE_MS, call_invited=True), None, False),
        (room(opens_at=NOW - 2000, closes_at=NOW - 1, call_invited=True), None, False),
        (room(opens_at=NOW), None, False),
        (room(call_invited=True), None, False),
    ],
    ids=["it begins", "moved to today", "called already", "too early", "too late", "over", "not wanted", "always open"],
)
def test_those_invited_are_called_once_when_the_room_begins(entry, called_for, expected):
    assert call_now(entry, called_for, NOW) is expected


@pytest.mark.req("PBX-6")
@pytest.mark.parametrize(
    ("missing", "given"), [("starts", {"invitees": ["8001"]}), ("invitees", {"starts": ["2026-11-22T08:00"]})]
)
def test_calling_the_invited_needs_a_time_and_somebody_to_call(missing, given):
    values = {"number": ["6900"], "name": ["会诊"], "largest": ["5"], "call_invited": ["1"], **given}
    with pytest.raises(FormError) as refused:
        forms.read(values)
    assert set(refused.value.problems) == {missing}
    assert forms.read({**values, "starts": ["2026-11-22T08:00"], "invitees": ["8001"]}).call_invited
