"""Who is stopped by the blacklist: every way to write a number, prefixes, expiry, hidden callers; files of entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.blacklist import forms
from appliance.callcenter.blacklist.model import Action, Blocked, Kind
from appliance.callcenter.blacklist.rules import blacklist, caller_key, find, would_stop
from appliance.callcenter.blacklist.service import NotATableError, read_table, warn
from appliance.callcenter.forms import FormError

NOW = 1_000_000
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
FIXED = st.from_regex(r"0(10|2[0-9]|[3-9][0-9][1-9])[2-8][0-9]{7}", fullmatch=True)


def entry(kind: Kind, number: str, expires_at: int | None = None, key: int = 1) -> Blocked:
    return Blocked(key, kind, caller_key(number), Action.MESSAGE, expires_at)


@pytest.mark.req("PBX-10")
@given(MOBILES)
def test_every_way_to_write_a_mobile_number_is_the_same_caller(number):
    forms_of_it = (
        number,
        "0" + number,
        "+86" + number,
        "0086" + number,
        "86" + number,
        f"+86 {number[:3]}-{number[3:]}",
    )
    assert {caller_key(one) for one in forms_of_it} == {number}


@pytest.mark.req("PBX-10")
@given(FIXED)
def test_every_way_to_write_a_fixed_number_is_the_same_caller(number):
    assert {caller_key(one) for one in (number, "+86" + number[1:], "0086" + number[1:], "+86" + number)} == {number}


@given(st.one_of(MOBILES, FIXED), st.integers(2, 8), st.booleans())
def test_the_beginning_of_a_number_stops_it_however_both_are_written(number, length, international):
    written = "+86" + number.removeprefix("0") if international else number
    known = blacklist([entry(Kind.PREFIX, number[:length])])
    assert find(known, written, NOW) is not None


@given(st.text(max_size=40))
def test_no_text_breaks_the_comparison(text):
    key = caller_key(text)
    assert set(key) <= set("0123456789")


@pytest.mark.parametrize(
    ("rule", "caller", "stopped"),
    [
        ("+44", "0044207183875", True),
        ("+44", "+44207183875", True),
        ("+44", "44123456", False),
        ("00", "+15551234", True),
        ("00", "075544123456", False),
        ("+86755", "075544123456", True),
        ("0755", "75544123", False),
        ("400", "4001234567", True),
        ("138", "013800000001", True),
        ("138", "010138000001", False),
    ],
)
def test_prefixes_of_countries_areas_and_mobiles_are_told_apart(rule, caller, stopped):
    assert (find(blacklist([entry(Kind.PREFIX, rule)]), caller, NOW) is not None) is stopped


@pytest.mark.req("PBX-10")
def test_the_number_itself_comes_before_its_longest_prefix_and_that_before_shorter_ones():
    rules = [
        entry(Kind.PREFIX, "138", key=1),
        entry(Kind.PREFIX, "1380000", key=2),
        entry(Kind.NUMBER, "13800000001", key=3),
    ]
    known = blacklist(rules)
    callers = ("13800000001", "13800000002", "13811111111", "13911111111")
    assert [getattr(find(known, one, NOW), "id", None) for one in callers] == [3, 2, 1, None]


@pytest.mark.req("PBX-10")
@given(st.integers(0, 2 * NOW))
def test_an_entry_counts_until_it_expires_and_gives_way_to_a_shorter_one_then(expires_at):
    known = blacklist([entry(Kind.NUMBER, "13800000001", expires_at, 1), entry(Kind.PREFIX, "138", None, 2)])
    found = find(known, "13800000001", NOW)
    assert found is not None
    assert found.id == (1 if expires_at > NOW else 2)


def test_hidden_callers_are_stopped_only_by_a_rule_for_them():
    assert find(blacklist([entry(Kind.PREFIX, "0")]), "", NOW) is None
    assert find(blacklist([entry(Kind.HIDDEN, "")]), "", NOW) is not None
    assert find(blacklist([entry(Kind.HIDDEN, "")]), "13800000001", NOW) is None


def test_whom_a_rule_would_stop_is_said_before_it_is_stored():
    numbers = ["13800000001", "+86 138 0000 0002", "13900000001"]
    assert would_stop(Kind.PREFIX, caller_key("1380"), numbers) == numbers[:2]
    assert would_stop(Kind.NUMBER, caller_key("013900000001"), numbers) == numbers[2:]
    for kind, number in ((Kind.PREFIX, "11"), (Kind.NUMBER, "120"), (Kind.PREFIX, "138"), (Kind.PREFIX, "15")):
        with pytest.raises(FormError) as refused:
            warn(kind, caller_key(number), {"13800000001": "王五"})
        assert set(refused.value.problems) == {"sure"}
    warn(Kind.PREFIX, caller_key("1501"), {"13800000001": "王五"})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": ["number"], "number": [""]}, "number"),
        ({"kind": ["number"], "number": ["abc"]}, "number"),
        ({"kind": ["prefix"], "number": ["1"]}, "number"),
        ({"kind": ["prefix"], "number": ["+86"]}, "number"),
        ({"kind": ["nobody"], "number": ["138"]}, "kind"),
        ({"action": ["explode"]}, "action"),
        ({"expires_on": ["2026-02-30"]}, "expires_on"),
        ({"reason": [""]}, "reason"),
    ],
)
def test_a_wrong_entry_is_refused_at_the_field_at_fault(values, field):
    fine = {"kind": ["number"], "number": ["13800000001"], "action": ["busy"], "reason": ["骚扰"]}
    forms.read(fine)
    with pytest.raises(FormError) as refused:
        forms.read(fine | values)
    assert field in refused.value.problems


def test_tables_are_read_with_and_without_a_heading_in_utf8_and_gbk():
    plain = read_table("13800000001,推销\n\n1390*,号段\n".encode("gbk"))
    assert [(line, values["kind"], values["number"]) for line, values in plain] == [
        (1, ["number"], ["13800000001"]),
        (3, ["prefix"], ["1390"]),
    ]
    headed = "﻿限制对象,号码或号段,处理方式,有效期至,原因\nhidden,,silent,2030-01-01,骚扰\n"
    ((line, values),) = read_table(headed.encode())
    assert line == 2
    assert (values["kind"], values["action"], values["reason"]) == (["hidden"], ["silent"], ["骚扰"])
    with pytest.raises(NotATableError):
        read_table(b"\xff\xfe1\x003\x00")
    with pytest.raises(FormError):
        read_table(b"1\n" * 10_001)
