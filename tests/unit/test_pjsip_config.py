"""The generated part of Asterisk's configuration: complete, and impossible to break out of."""

from configparser import RawConfigParser
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.pbx.pjsip_config import (
    EMERGENCY_FILE,
    ENDPOINTS_FILE,
    DeskPhone,
    PbxPlan,
    PlanError,
    Trunk,
    render,
    write,
)

PHONE = DeskPhone("8001", "0" * 32)
TRUNK = Trunk("ims", "address", "10.0.0.9")
REGISTERED = Trunk("carrier", "register", "sip.example", username="u1", password="p1")


def types_of(text: str) -> list[tuple[str, str]]:
    """(section, type) of a file in Asterisk's format, in which names may repeat."""
    sections, name = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line.startswith("type="):
            sections.append((name, line.removeprefix("type=")))
    return sections


def test_desk_phone_and_trunks_are_written():
    text = render(PbxPlan((PHONE,), (TRUNK, REGISTERED)))[ENDPOINTS_FILE]
    assert types_of(text) == [
        ("8001", "endpoint"),
        ("8001", "auth"),
        ("8001", "aor"),
        ("trunk-ims", "endpoint"),
        ("trunk-ims", "aor"),
        ("trunk-ims-identify", "identify"),
        ("trunk-carrier", "endpoint"),
        ("trunk-carrier", "aor"),
        ("trunk-carrier-identify", "identify"),
        ("trunk-carrier", "auth"),
        ("trunk-carrier-registration", "registration"),
    ]


def test_emergency_group_names_its_phones_only():
    plan = PbxPlan(
        (PHONE, replace(PHONE, number="8002", emergency=True), replace(PHONE, number="8003", emergency=True))
    )
    assert render(plan)[EMERGENCY_FILE] == "HCC_EMERGENCY=PJSIP/8002&PJSIP/8003\n"
    assert render(PbxPlan())[EMERGENCY_FILE] == "HCC_EMERGENCY=\n"


INJECTIONS = [
    "x\n[evil]\ntype=endpoint",
    "x\r\ncontext=default",
    "x;comment",
    "x]",
    "[x",
    "x\n#exec /bin/sh",
    "x\x00y",
    "x\u2028y",
    "x\x0bcontext=default",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_value_that_would_start_a_line_is_refused(text: str) -> None:
    plans = [
        PbxPlan((replace(PHONE, number=text),)),
        PbxPlan((replace(PHONE, digest_ha1=text),)),
        PbxPlan(trunks=(replace(TRUNK, name=text),)),
        PbxPlan(trunks=(replace(TRUNK, host=text),)),
        PbxPlan(trunks=(replace(REGISTERED, username=text),)),
        PbxPlan(trunks=(replace(REGISTERED, password=text),)),
        PbxPlan(trunks=(replace(TRUNK, transport=text),)),
    ]
    for plan in plans:
        with pytest.raises(PlanError):
            render(plan)


@pytest.mark.parametrize("number", ["8001&PJSIP", "8001/n", "${X}", "", "8" * 60, "8001 8002", "#exec"])
def test_name_of_a_phone_is_a_name(number: str) -> None:
    with pytest.raises(PlanError):
        render(PbxPlan((replace(PHONE, number=number, emergency=True),)))


@pytest.mark.parametrize("host", ["", "10.0.0.9 evil", "a@b", "a>b", "a,b", "${X}", "a/b"])
def test_host_of_a_trunk_is_a_host(host: str) -> None:
    with pytest.raises(PlanError):
        render(PbxPlan(trunks=(replace(TRUNK, host=host),)))


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_entered_the_sections_stay_ours(username: str, password: str, host: str) -> None:
    trunk = replace(REGISTERED, username=username, password=password, host=host)
    try:
        text = render(PbxPlan(trunks=(trunk,)))[ENDPOINTS_FILE]
    except PlanError:
        return
    assert [section for section, _ in types_of(text)] == [
        "trunk-carrier",
        "trunk-carrier",
        "trunk-carrier-identify",
        "trunk-carrier",
        "trunk-carrier-registration",
    ]
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=(";",))
    parser.read_string(text)
    assert parser.get("trunk-carrier-registration", "retry_interval") == "20"


def test_files_are_replaced_only_when_they_change(tmp_path: Path) -> None:
    files = render(PbxPlan((PHONE,)))
    assert write(files, tmp_path)
    assert not write(files, tmp_path)
    assert write(render(PbxPlan()), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {ENDPOINTS_FILE, EMERGENCY_FILE}
    assert (tmp_path / ENDPOINTS_FILE).stat().st_mode & 0o007 == 0
