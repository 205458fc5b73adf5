"""What people are shown of the pair: reasons with advice in both languages, who serves, who is connected with whom."""

import string

import msgspec
import pytest

from appliance.callcenter.pair.view import view
from appliance.ha import wording
from appliance.ha.agent.status import AddressView, PeerView, Report, Status
from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress
from appliance.ha.decision.model import Cause, Postgres, Role, Services, State, Sync
from appliance.ha.decision.readiness import NotReady
from appliance.ha.decision.reasons import Why
from appliance.ha.provision.steering import refusal
from appliance.webadmin.admin import cluster_json
from appliance.webadmin.admin.cluster_picture import Link, between, look, picture, vote

pytestmark = pytest.mark.req("HA-6")

ONE = Member("one", Part.BOX, "10.0.0.1", "10.1.0.1")
TWO = Member("two", Part.BOX, "10.0.0.2", "10.1.0.2")
THREE = Member("three", Part.WITNESS, "10.0.0.3")
PAIR = Cluster("ward", "one", (ONE, TWO, THREE), ServiceAddress("eth0", "10.0.0.9"))
NOW = 1_790_000_000_000


def status(node: str, state: State, *, active: bool = False, **changes: object) -> Status:
    usual = Status(
        node=node,
        version="1",
        wall_ms=NOW,
        state=state,
        state_age_ms=5_000,
        why="SERVING" if active else "FOLLOWING",
        arguments=(7,) if active else ("one", 7),
        sentence="as the agent says it",
        epoch=7 if active else 0,
        active=active,
        quorum=True,
        leader="one",
        raft_leader="three",
        witness=True,
        lease_left_ms=4_000 if active else None,
        lease_age_ms=1_000 if active else None,
        fitness=100,
        disk_failed=False,
        address=AddressView(held=active, conflict=False, gateway=True),
        postgres=Postgres(Role.PRIMARY if active else Role.STANDBY, accepting=True, streaming=True, caught_up=active),
        lag_bytes=0,
        services=Services(running=active, stopped=not active, calls=3 if active else 0),
        sync=Sync("one", "two", 5),
        peer=PeerView(200, 100, sees_gateway=True, epoch=0),
        not_ready=() if active else None,
        alarms=(),
    )
    return msgspec.structs.replace(usual, **changes)


def report(**own: object) -> Report:
    first = status("one", State.ACTIVE, active=True, **own)
    return Report(first, {"one": first, "two": status("two", State.STANDBY)}, None, None, hold=False, history=())


def test_a_healthy_pair_is_redundant_and_says_who_serves():
    pair = view(PAIR, report(), NOW)
    assert (pair.redundant, pair.reasons, pair.calls) == (True, (), 3)
    assert pair.active is not None
    assert pair.standby is not None
    assert (pair.active.name, pair.standby.name) == ("one", "two")
    assert [line.kind for line in picture(pair).lines] == ["address", "peer", "vote", "vote"]
    assert {line.link for line in picture(pair).lines} == {Link.GOOD}


def test_reasons_come_from_the_active_box_whichever_box_is_asked():
    said = report(not_ready=("hold", "peer_new"))
    asked = Report(said.nodes["two"], said.nodes, None, None, hold=True, history=())
    pair = view(msgspec.structs.replace(PAIR, me="two"), asked, NOW)
    assert pair.reasons == (NotReady.HOLD, NotReady.PEER_NEW)
    assert (pair.blocking, pair.worth_knowing) == ((), pair.reasons)


@pytest.mark.parametrize(
    ("members", "said", "expected"),
    [
        ((ONE, TWO, THREE), ("witness_silent",), (NotReady.WITNESS_SILENT,)),
        ((ONE, TWO), ("witness_silent",), (NotReady.NO_WITNESS,)),
        ((ONE, THREE), ("peer_silent", "peer_not_listed", "peer_new"), (NotReady.NO_SECOND_BOX,)),
        ((ONE,), ("peer_silent", "witness_silent"), (NotReady.NO_WITNESS, NotReady.NO_SECOND_BOX)),
        ((ONE, TWO, THREE), ("something_new",), (NotReady.UNKNOWN,)),
    ],
)
def test_what_was_never_there_is_not_called_silent(members, said, expected):
    pair = view(msgspec.structs.replace(PAIR, members=members), report(not_ready=said), NOW)
    assert pair.reasons == expected
    assert picture(pair).spots


def test_a_page_without_an_agent_claims_nothing():
    pair = view(PAIR, None, NOW)
    assert pair.reasons == (NotReady.AGENT_SILENT,)
    assert (pair.active, pair.witness_heard) == (None, None)
    assert {look(box) for box in pair.boxes} == {"gone"}
    assert {line.link for line in picture(pair).lines} == {Link.UNKNOWN}


def test_nobody_serves_while_the_other_takes_over():
    first = status("two", State.PROMOTE)
    pair = view(PAIR, Report(first, {"two": first}, None, None, hold=False, history=()), NOW)
    assert pair.reasons == (NotReady.NOBODY_ACTIVE,)
    assert pair.blocking == pair.reasons


def test_without_a_majority_nothing_is_said_of_the_others():
    pair = view(PAIR, report(quorum=False, not_ready=("no_quorum",)), NOW)
    other = pair.standby
    assert other is not None
    assert other.status is None, "what it published may be long out of date"
    assert pair.witness_heard is None
    assert pair.boxes[0].status is not None


def test_a_broken_link_is_drawn_broken():
    pair = view(PAIR, report(peer=PeerView(9_000, 0, sees_gateway=False, epoch=0)), NOW)
    assert between(pair) is Link.BROKEN
    silent = view(PAIR, report(witness=False), NOW)
    assert vote(silent, silent.boxes[0]) is Link.BROKEN


def test_both_claim_to_serve_for_a_moment_and_the_later_one_counts():
    said = report()
    said.nodes["two"] = status("two", State.ACTIVE, active=True, epoch=9)
    pair = view(PAIR, said, NOW)
    assert pair.active is not None
    assert pair.active.name == "two"


def test_data_for_programs_is_complete_and_plain():
    assert cluster_json.document(None, "en") == {"paired": False}
    document = cluster_json.document(view(PAIR, report(not_ready=("peer_new",)), NOW), "zh_CN")
    assert msgspec.json.encode(document)
    assert document["reasons"] == [
        {"code": "peer_new", "text": "另一台刚刚归队，稳定五分钟后才算就绪", "advice": "请稍候；需要时它已能接管"}
    ]
    assert [box["status"]["text"] for box in document["boxes"]] == ["运行中，任期 7。", "one 为主机，任期 7。"]


def test_everything_that_may_be_said_is_there_in_both_languages():
    assert set(wording.ADVICE) == set(NotReady)
    assert set(wording.STATES) == set(State)
    assert set(wording.CAUSES) == set(Cause)
    assert set(wording.CHINESE) == set(Why)
    every = [words for advice in wording.ADVICE.values() for words in advice]
    every += [*wording.STATES.values(), *wording.CAUSES.values()]
    assert all(words.zh and words.en and words.zh != words.en for words in every)
    for why, text in wording.CHINESE.items():
        assert _places(text) == _places(why.value), why


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_sentences_name_reasons_and_causes_in_the_readers_language():
    told = wording.sentence("UNHEALTHY_STAYS", (Cause.UPLINK, NotReady.PEER_SILENT), "Unhealthy …", "zh_CN")
    assert told == "健康不佳（网络上联故障），但另一台不能接管：另一台没有回应。"
    assert wording.sentence("NOT_READY", (NotReady.HOLD,), "No switch-over: …", "en") == "No switch-over: …"
    assert wording.sentence("FROM_A_NEWER_VERSION", (), "As it said it.", "zh_CN") == "As it said it."


@pytest.mark.parametrize(("left", "said"), [(211_001, " (another 3:32 min)"), (9_000, " (another 9 s)"), (None, "")])
def test_whoever_wants_to_switch_over_too_early_is_told_how_long_it_still_is(left, said):
    refused = refusal(report(not_ready=("peer_new", "hold"), ready_in_ms=left), anyway=False)
    assert refused is not None
    assert refused.reasons == (NotReady.PEER_NEW, NotReady.HOLD)
    what = wording.ADVICE[NotReady.PEER_NEW].what
    assert f"{what.en}{said}; " in refused.text("en")
    assert ("还需" in refused.text("zh_CN")) is bool(said)
    assert refusal(report(not_ready=("peer_new",), ready_in_ms=left), anyway=True) is None
