"""What may be dialled. Nothing else reaches the PBX."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import NumberNotAllowedError
from appliance.pbx.numbers import NumberClass, NumberingPlan, classify, for_trunk
from appliance.text import is_dialable, lookup_number, mask_number

PLAN = NumberingPlan(internal_digits=4)
PREFIXED = NumberingPlan(internal_digits=4, outside_prefix="9")

GOOD = [
    ("8001", NumberClass.INTERNAL),
    ("120", NumberClass.EMERGENCY),
    ("110", NumberClass.EMERGENCY),
    ("13812345678", NumberClass.MOBILE),
    ("013812345678", NumberClass.MOBILE),
    ("+8613812345678", NumberClass.MOBILE),
    ("138-1234 5678", NumberClass.MOBILE),
    ("１３８１２３４５６７８", NumberClass.MOBILE),
    ("02085551234", NumberClass.NATIONAL),
    ("(020)85551234", NumberClass.NATIONAL),
    ("4008001234", NumberClass.NATIONAL),
    ("85551234", NumberClass.LOCAL),
    ("10086", NumberClass.SERVICE),
    ("0014155550100", NumberClass.INTERNATIONAL),
    ("+14155550100", NumberClass.INTERNATIONAL),
]

NASTY = [
    "",
    " ",
    "&",
    "8001&8002",
    "8001&PJSIP/00441234567890",
    "${SHELL(reboot)}",
    "${EXTEN}",
    "8001;rm -rf",
    "8001;user=phone",
    "8001\r\nX-Evil: 1",
    "8001@evil.example",
    "sip:8001@evil.example",
    "PJSIP/8001",
    "8001/n",
    "8001,30,g",
    "8001|x",
    "8001'--",
    '8001"',
    "8001\\",
    "8001\x00",
    "\u202e8001",
    "8001\u202c",
    "80\u200b01",
    "8001é",
    "abcd",
    "8OO1",
    "1" * 33,
    "1" * 200,
    "٨٠٠١",
    "๘๐๐๑",
    "²³¹²",
    "⑧⓪⓪①",
    "8001%26",
    "8001%0d%0a",
    "Local/8001@hcc-enter",
]


@pytest.mark.req("PBX-2")
@pytest.mark.parametrize(("typed", "kind"), GOOD)
def test_number_is_what_it_is(typed: str, kind: NumberClass) -> None:
    found = classify(typed, PLAN)
    assert found.kind is kind
    assert is_dialable(found.number)


@pytest.mark.req("PBX-2")
@pytest.mark.parametrize("typed", NASTY)
def test_nasty_number_is_refused(typed: str) -> None:
    for plan in (PLAN, PREFIXED):
        with pytest.raises(NumberNotAllowedError):
            classify(typed, plan)


@settings(max_examples=3000, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="0123456789*#+", max_size=40),
        st.text(alphabet="0189+&;${}()\r\n@/ -.１", max_size=24),
    )
)
def test_whatever_is_typed_only_dialable_characters_come_out(typed: str) -> None:
    for plan in (PLAN, PREFIXED):
        try:
            found = classify(typed, plan)
        except NumberNotAllowedError:
            continue
        assert 1 <= len(found.number) <= 32
        assert set(found.number) <= set("0123456789*#+")
        trunk = for_trunk(found.number, 1, "0")
        assert set(trunk) <= set("0123456789*#")


def test_outside_prefix_is_taken_off_but_not_from_the_emergency_numbers():
    assert classify("913812345678", PREFIXED).number == "13812345678"
    assert classify("9120", PLAN).kind is NumberClass.INTERNAL
    assert classify("120", PREFIXED).kind is NumberClass.EMERGENCY


@pytest.mark.parametrize(
    ("number", "strip", "prefix", "sent"),
    [
        ("13812345678", 0, "", "13812345678"),
        ("+8613812345678", 0, "", "13812345678"),
        ("+14155550100", 0, "", "0014155550100"),
        ("02085551234", 3, "", "85551234"),
        ("13812345678", 0, "17909", "1790913812345678"),
    ],
)
def test_trunk_gets_the_number_as_it_wants_it(number: str, strip: int, prefix: str, sent: str) -> None:
    assert for_trunk(number, strip, prefix) == sent


@pytest.mark.req("CTI-1")
def test_the_same_telephone_is_found_however_the_carrier_writes_it():
    ways = ["13812345678", "+8613812345678", "008613812345678", "013812345678", "138 1234 5678", "8613812345678"]
    assert {lookup_number(way) for way in ways} == {"13812345678"}


@settings(max_examples=500)
@given(st.text(alphabet="0123456789", max_size=20))
def test_masked_number_hides_the_middle(number: str) -> None:
    masked = mask_number(number)
    assert masked == number if len(number) < 7 else number not in masked
