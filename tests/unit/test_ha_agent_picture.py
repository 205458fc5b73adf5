"""What all keys of the pair say, read at one revision."""

import msgspec
import pytest
from msgspec.structs import replace

from appliance.ha.agent import keys
from appliance.ha.agent.guard import WatchdogView
from appliance.ha.agent.keys import DesiredValue, HistoryEntry, LeaderValue, Stage, SyncValue
from appliance.ha.agent.picture import HOUR_MS, KeysError, Logged, Picture, failovers, understood
from appliance.ha.agent.status import Status, read_status, report, status
from appliance.ha.cluster_file import WatchdogMode
from appliance.ha.decision import model
from appliance.ha.decision.decide import started
from appliance.ha.decision.model import Cause, Desired, Leader, Seen, State, Sync
from appliance.ha.decision.reasons import Why, because
from appliance.ha.decision.timing import Timing
from appliance.ha.decision.verdict import Verdict
from appliance.ha.etcd.model import KeyValue

pytestmark = pytest.mark.req("HA-1", "HA-6")

NOW = 10 * HOUR_MS
ENTRY = HistoryEntry("n2", "boot", Cause.PEER_GONE, 1_000, NOW - 1_000, 4_300)


def kv(key: bytes, value: bytes | keys.Value, created: int = 5, changed: int = 6) -> KeyValue:
    value = value if isinstance(value, bytes) else keys.encode(value)
    return KeyValue(key=key, value=value, create_revision=created, mod_revision=changed)


def read(*kvs: KeyValue) -> Picture:
    return understood(kvs, revision=40, read_at=77, raft_leader="w", wall_ms=NOW)


def test_an_empty_store_is_a_pair_that_never_ran() -> None:
    etcd = read().etcd
    assert (etcd.leader, etcd.sync, etcd.desired, etcd.failovers) == (None, Sync(), Desired(), 0)
    assert (etcd.read_at, etcd.revision, etcd.raft_leader, etcd.witness) == (77, 40, "w", False)


def test_every_key_is_understood_and_the_epoch_is_the_revision_that_made_the_leader() -> None:
    picture = read(
        kv(keys.LEADER, LeaderValue("n1", "boot"), created=21, changed=30),
        kv(keys.SYNC, SyncValue("n1", "n2", 21, "boot"), changed=33),
        kv(keys.DESIRED, DesiredValue(switchover="n2", drain_ms=-5), changed=34),
        kv(keys.history_key(ENTRY), ENTRY, created=21),
        kv(keys.WITNESS + b"w", b"anything"),
        kv(keys.node_key("n2"), b"not read here"),
        kv(b"/hcc/somebody-elses", b"\xff"),
    )
    etcd = picture.etcd
    assert etcd.leader == Leader("n1", 21)
    assert etcd.sync == Sync("n1", "n2", 33)
    assert etcd.desired == Desired(switchover="n2", revision=34), "a negative time is none"
    assert etcd.witness
    assert etcd.failovers == 1
    assert picture.history == (Logged(21, ENTRY),)
    assert dict(picture.nodes) == {"n2": b"not read here"}


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"node": 1}', b"\xff\xff", b'{"primary": null}'])
@pytest.mark.parametrize("key", [keys.LEADER, keys.SYNC])
def test_a_key_that_cannot_be_understood_makes_the_read_void(key: bytes, value: bytes) -> None:
    with pytest.raises(KeysError, match=key.decode()):
        read(kv(key, value))


@pytest.mark.parametrize(
    ("changes", "since", "counted"),
    [
        ({}, 0, 1),
        ({"cause": Cause.NOBODY_ELSE}, 0, 1),
        ({"cause": Cause.SWITCHOVER}, 0, 0),
        ({"cause": Cause.REGAINED}, 0, 0),
        ({"wall_ms": NOW - HOUR_MS}, 0, 0),
        ({"wall_ms": NOW + HOUR_MS}, 0, 1),
        ({}, 20, 1),
        ({}, 21, 0),
        ({}, 30, 0),
    ],
)
def test_automatic_failovers_of_the_last_hour_since_a_person_cleared_them(
    changes: dict[str, object], since: int, counted: int
) -> None:
    assert failovers([Logged(21, replace(ENTRY, **changes))], since=since, wall_ms=NOW) == counted


DOG = WatchdogView(WatchdogMode.AUTO, model.WatchdogState.NONE)


def said(state: State = State.ACTIVE, lease: model.Lease | None = None) -> Status:
    memory = replace(started(0, Timing()), state=state, since=40_000, epoch=21)
    seen = Seen(50_000, "n1", "n2", lease=lease, etcd=model.Etcd(read_at=49_900, leader=Leader("n1", 21)))
    verdict = Verdict(memory, (), because(Why.SERVING, 21))
    return status(verdict, seen, Timing(), wall_ms=NOW, version="1", lag_bytes=None, refused={}, watchdog=DOG)


def test_the_status_says_why_in_a_sentence_and_in_a_code() -> None:
    active = said(lease=model.Lease(21, 54_300, 49_300))
    assert (active.why, active.arguments, active.sentence) == ("SERVING", (21,), "Active, epoch 21.")
    assert (active.epoch, active.leader, active.quorum, active.active) == (21, "n1", True, True)
    assert (active.lease_left_ms, active.lease_age_ms, active.state_age_ms) == (4_300, 700, 10_000)
    assert active.not_ready is not None
    assert active.not_ready[0] == "peer_silent"
    assert "peer_not_listed" in active.not_ready
    standby = said(State.STANDBY)
    assert (standby.epoch, standby.active, standby.not_ready, standby.lease_left_ms) == (0, False, None, None)


def test_a_report_tells_the_history_latest_first_with_the_time_until_active() -> None:
    stages = (Stage(State.PROMOTE, 1_030, 0), Stage(State.ACTIVE, 2_500, 0))
    entries = (Logged(21, ENTRY), Logged(30, replace(ENTRY, cause=Cause.SWITCHOVER, stages=stages)))
    picture = Picture(history=entries, nodes={"n1": b"old news", "n2": keys.encode(LeaderValue("", ""))})
    told = report(said(), picture)
    assert [passage.epoch for passage in told.history] == [30, 21]
    assert told.history[0].active_after_ms == 1_500
    assert told.history[1].active_after_ms is None
    assert list(told.nodes) == ["n1"], "what is not understood is left out"


def test_a_status_survives_the_way_through_etcd() -> None:
    from_etcd = read_status(msgspec.json.encode(said()))
    assert from_etcd == said()
