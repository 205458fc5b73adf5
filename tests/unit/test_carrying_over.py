"""Which talks are carried over, and what is asked of whose telephone."""

import itertools
from pathlib import Path

import pytest

from appliance import clock
from appliance.callcenter.calls.model import Call, Consult, Direction, Leg, Outcome, Phase, Purpose
from appliance.callcenter.control.carrying import dialogs
from appliance.callcenter.control.carrying.rules import LIMIT_MS, Reply, Verdict, left_behind, may_be_carried, verdict
from appliance.callcenter.control.identity import PARTS
from appliance.callcenter.control.mending import recovery
from tests.quiet_floor import quiet_floor

KEPT = {
    "CHANNEL(pjsip,call-id)": "a84b4c76e66710@pc33",
    "CHANNEL(pjsip,local_tag)": "ours-1",
    "CHANNEL(pjsip,remote_tag)": "theirs.2",
    "CHANNEL(pjsip,target_uri)": "sip:8001@10.0.0.9:5060;ob",
    "CHANNEL(endpoint)": "8001",
}


def kept(**changes: str) -> str:
    values = KEPT | {next(part for part in KEPT if name in part): value for name, value in changes.items()}
    return "|".join(values.get(part, "x") for part in PARTS)


def talk(**changes: object) -> Call:
    call = Call("0mwsksshvfkb0z9w", Direction.INBOUND, 1000, phase=Phase.TALKING, answered_at=2000)
    call.customer = Leg("c", Purpose.CUSTOMER, "13800000001", up=True, dialog=kept())
    call.partner = Leg("p", Purpose.OFFER, "1001", 1, up=True, dialog=kept())
    for name, value in changes.items():
        setattr(call, name, value)
    return call


@pytest.mark.req("HA-7")
def test_the_tags_are_named_as_the_receiver_sees_them() -> None:
    dialog = dialogs.read(kept())
    assert dialog is not None
    assert dialog.line == "PJSIP/8001/sip:8001@10.0.0.9:5060;ob"
    assert dialog.headers == {
        "PJSIP_HEADER(add,Replaces)": "a84b4c76e66710@pc33;to-tag=theirs.2;from-tag=ours-1",
        "PJSIP_HEADER(add,Require)": "replaces",
    }


@pytest.mark.req("HA-7")
@pytest.mark.parametrize(
    "changes",
    [
        {"call-id": ""},
        {"call-id": "a;to-tag=b"},
        {"call-id": "a,b"},
        {"call-id": "a\r\nX: y"},
        {"local_tag": ""},
        {"remote_tag": "x;early-only"},
        {"target": "tel:13800000001"},
        {"target": "sip:a@b&PJSIP/13800000001@trunk"},
        {"target": "sip:a@b?Replaces=c"},
        {"target": "sip:a@b,c"},
        {"target": "sip:web@127.0.0.1:41234;transport=ws"},
        {"target": "sip:web@127.0.0.1:41234;transport=WSS;x"},
        {"endpoint": "trunk/sip:a"},
        {"endpoint": ""},
    ],
)
def test_what_a_far_side_said_is_dialled_only_when_it_is_harmless(changes: dict[str, str]) -> None:
    assert dialogs.read(kept(**changes)) is None


def test_an_unknown_dialog_cannot_be_replaced() -> None:
    assert dialogs.read("") is None
    assert dialogs.read("a|b|c") is None


@pytest.mark.req("HA-7")
def test_only_fresh_talks_of_two_are_carried_over() -> None:
    assert may_be_carried(talk(), 8000)
    assert may_be_carried(talk(phase=Phase.HOLDING), 8000)
    without_partner = Leg("p", Purpose.OFFER, "1001", 1, up=True)
    assert may_be_carried(talk(partner=without_partner), 8000), "the customer is kept for somebody else"
    assert not may_be_carried(talk(), LIMIT_MS + 1)
    assert not may_be_carried(talk(phase=Phase.WAITING), 8000)
    assert not may_be_carried(talk(answered_at=None), 8000)
    assert not may_be_carried(talk(customer=Leg("c", Purpose.CUSTOMER, up=True)), 8000)
    assert not may_be_carried(talk(customer=Leg("c", Purpose.CUSTOMER, up=False, dialog=kept())), 8000)
    assert not may_be_carried(talk(partner=None), 8000)
    assert not may_be_carried(talk(consult=Consult(1, "agent", "1002", 3000)), 8000)
    assert not may_be_carried(talk(members=[Leg("m", Purpose.MEMBER)]), 8000)


@pytest.mark.req("HA-7")
def test_nothing_is_decided_before_both_have_answered_unless_the_customer_is_lost() -> None:
    found = {pair: verdict(*pair) for pair in itertools.product(Reply, repeat=2)}
    assert {pair for pair, what in found.items() if what is Verdict.CUT} == set(itertools.product([Reply.LOST], Reply))
    assert [pair for pair, what in found.items() if what is Verdict.TALK] == [(Reply.UP, Reply.UP)]
    assert [pair for pair, what in found.items() if what is Verdict.KEEP_CUSTOMER] == [(Reply.UP, Reply.LOST)]
    assert sum(what is Verdict.WAIT for what in found.values()) == 4


@pytest.mark.req("HA-5", "HA-7")
@pytest.mark.parametrize(("pbx_since", "carried"), [(0, False), (2500, True)])
async def test_only_talks_whose_asterisk_died_are_carried_over(tmp_path: Path, pbx_since: int, carried: bool) -> None:
    """Else people hung up while call control was away."""
    floor, call = quiet_floor(tmp_path), talk()
    floor.calls[call.id] = call
    floor.seen_at = clock.now_ms()
    recovery._adopt(floor, call, {}, {}, pbx_since)
    assert (call.carrying is not None) is carried
    assert call.outcome is (None if carried else Outcome.ANSWERED)
    await floor.commands.close()


@pytest.mark.req("HA-3", "HA-7")
@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, []),
        ({"partner": Leg("p", Purpose.OFFER, "1001", 1, up=True, dialog=kept(target="sip:x@y;transport=ws"))}, ["p"]),
        ({"customer": Leg("c", Purpose.CUSTOMER, "13800000001", up=True)}, ["c", "p"]),
        ({"phase": Phase.WAITING, "answered_at": None, "partner": None}, ["c"]),
        ({"members": [Leg("m", Purpose.CONSULT, "8003", up=True, dialog=kept())]}, ["c", "p", "m"]),
    ],
    ids=["plain talk", "browser", "unknown dialog", "waiting", "conference"],
)
def test_before_another_box_goes_on_those_are_hung_up_who_cannot_be_carried_over(
    changes: dict[str, object], left: list[str]
) -> None:
    assert left_behind(talk(**changes)) == left
