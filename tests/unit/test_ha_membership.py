"""Others join, leave or change while the agent of a box goes on; what makes it another box begins anew."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.ha import cluster_file
from appliance.ha.agent.membership import is_same_box
from appliance.ha.agent.peer.wire import Conversation
from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress, WatchdogMode
from appliance.ha.etcd.link import Access, Link
from appliance.ha.postgres.layout import Ends
from appliance.ha.provision import roster
from appliance.ha.provision.errors import NotHereError, NoWatchdogError
from appliance.ha.provision.places import Places
from appliance.ha.provision.steering import use_watchdog

ONE, TWO = Member("box1", Part.BOX, "10.1.0.1", "10.9.0.1"), Member("box2", Part.BOX, "10.1.0.2", "10.9.0.2")
WITNESS = Member("witness", Part.WITNESS, "10.1.0.3")
ALONE = Cluster("hcc", "box1", (ONE,), ServiceAddress("eth0", "10.1.0.10"))


@pytest.mark.req("HA-1")
@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"members": (ONE, TWO)}, True),
        ({"members": (ONE, TWO, WITNESS)}, True),
        ({"watchdog": WatchdogMode.REQUIRED}, True),
        ({"members": (replace(ONE, address="10.1.0.9"), TWO)}, False),
        ({"service": ServiceAddress("eth0", "10.1.0.11")}, False),
        ({"name": "other"}, False),
    ],
)
def test_only_what_is_said_of_others_is_followed_without_a_break(change, same):
    assert is_same_box(ALONE, replace(ALONE, **change)) is same


def test_the_database_learns_who_the_peer_is():
    ends = Ends.of(ALONE)
    assert (ends.peer, ends.peer_addresses) == (None, ())
    ends.meet(replace(ALONE, members=(ONE, TWO)))
    assert (ends.peer, ends.peer_addresses) == ("box2", ("10.9.0.2", "10.1.0.2"))
    ends.meet(ALONE)
    assert (ends.peer, ends.peer_addresses) == (None, ())


def test_a_new_peer_is_heard_and_the_old_one_no_more():
    key = b"k" * 32
    one = Conversation(key, "box1", "box2", "run-1")
    two, three = Conversation(key, "box2", "box1", "run-2"), Conversation(key, "box3", "box1", "run-3")
    one.hear(two.say())
    two.hear(one.say())
    assert one.hear(two.say()) is not None
    one.meet("box3")
    assert one.hear(two.say()) is None
    one.hear(three.say())
    three.hear(one.say())
    assert one.hear(three.say()) is not None


def test_other_members_are_asked_and_who_was_known_stays_known():
    link = Link(Access(["https://a:2379", "https://b:2379/"]))
    link._endpoints[1].failed(10**9)
    link.use(["https://b:2379", "https://c:2379"])
    assert link.urls == ["https://b:2379", "https://c:2379"]
    assert [one.rests(10**9) for one in link._endpoints] == [True, False]


def test_the_watchdog_s_mode_is_this_machine_s_own(tmp_path: Path):
    places = Places(tmp_path)
    roster.keep(places, ALONE)
    with pytest.raises(NoWatchdogError):
        use_watchdog(places, ALONE, WatchdogMode.REQUIRED)
    places.watchdog.parent.mkdir()
    places.watchdog.touch()
    use_watchdog(places, ALONE, WatchdogMode.REQUIRED)
    assert roster.keep(places, replace(ALONE, members=(ONE, TWO)))
    kept = cluster_file.load(places.cluster_file)
    assert kept == replace(ALONE, members=(ONE, TWO), watchdog=WatchdogMode.REQUIRED)
    assert not roster.keep(places, replace(ALONE, members=(ONE, TWO)))
    with pytest.raises(NotHereError):
        use_watchdog(places, replace(ALONE, me="witness", members=(ONE, WITNESS)), WatchdogMode.AUTO)
