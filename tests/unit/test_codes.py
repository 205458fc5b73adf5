"""Codes dialled on a desk phone: which is meant, which settings are refused, which PINs are too easy."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.control.entering.codes import Code, Keyed, codes_of, collisions, looks_like_code, nth, read
from appliance.callcenter.people.pins import weak_pin
from appliance.callcenter.settings.model import Settings

USUAL = Settings()


@pytest.mark.req("AGT-1", "ACD-8")
@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ("*10", Keyed(Code.STATE)),
        ("*11", Keyed(Code.SIGN_IN)),
        ("*111001", Keyed(Code.SIGN_IN, "1001")),
        ("*12", Keyed(Code.SIGN_OUT)),
        ("*13", Keyed(Code.READY)),
        ("*141", Keyed(Code.BUSY, "1")),
        ("*153", Keyed(Code.WRAP_UP, "3")),
        ("*14", None),
        ("*140", None),
        ("*1412", None),
        ("*139", None),
        ("*11*5", None),
        ("*1", None),
        ("*99", None),
        ("8001", None),
    ],
)
def test_codes(dialled, expected):
    assert read(dialled, USUAL) == expected


def test_code_left_empty_is_not_in_use():
    settings = msgspec.structs.replace(USUAL, code_ready="")
    assert read("*13", settings) is None
    assert Code.READY not in codes_of(settings).values()


@pytest.mark.parametrize("number", ["8001", "13800000001", "110", "+8613800000001", "0"])
def test_numbers_are_not_taken_for_codes(number):
    assert not looks_like_code(number)


def test_usual_codes_do_not_collide_and_colliding_ones_are_named():
    assert collisions(USUAL) == []
    assert collisions(msgspec.structs.replace(USUAL, code_busy="*1")) != []
    assert set(collisions(msgspec.structs.replace(USUAL, code_busy="*13"))) == {"code_busy", "code_ready"}
    assert collisions(msgspec.structs.replace(USUAL, code_busy="", code_ready="")) == []


def test_digits_stand_for_choices_from_one_on():
    assert [nth(("a", "b"), digit) for digit in "123"] == ["a", "b", None]


@given(st.text("0123456789*#", max_size=12))
def test_whatever_is_dialled_is_read_without_trouble(dialled):
    keyed = read(dialled, USUAL)
    if keyed is not None:
        assert dialled.startswith(getattr(USUAL, f"code_{keyed.code.value}"))


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    "pin", ["", "123", "1234", "4321", "1111", "1212", "123456789", "12a4", "１２３５", "1001", "13579"]
)
def test_easy_pins_are_refused(pin):
    assert weak_pin(pin, "1001") is not None


@pytest.mark.parametrize("pin", ["2580", "7391", "40718", "90210366"])
def test_other_pins_are_taken(pin):
    assert weak_pin(pin, "1001") is None
