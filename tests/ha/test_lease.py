"""The lease keeper: it holds on while our own loop is stuck, and never says "held" when etcd may have let go."""

import asyncio
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.clock import boot_seconds
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.errors import EtcdLeaseNotFoundError
from appliance.ha.etcd.link import Certificates
from appliance.ha.etcd.model import Lease
from appliance.ha.lease import LeaseKeeper, LeaseTerms
from appliance.ha.provision import certificates
from appliance.ha.provision.places import Places
from tests.ha.etcd_cluster import Cluster, Relay
from tests.sip.waiting import until

pytestmark = pytest.mark.req("HA-1")

LIVES_SECONDS = 2.5
SHORT = LeaseTerms(ttl_seconds=3, keep_alive_seconds=0.4, margin_seconds=0.7)


class Listener:
    def __init__(self) -> None:
        self.lease: Lease | None = None
        self.renewals: list[tuple[float, float]] = []
        """When it was told (CLOCK_BOOTTIME), and the deadline."""
        self.endings: list[tuple[float, str]] = []

    def granted(self, lease: Lease) -> None:
        self.lease = lease

    def renewed(self, deadline: float) -> None:
        self.renewals.append((boot_seconds(), deadline))

    def ended(self, reason: str) -> None:
        self.endings.append((boot_seconds(), reason))


type Keep = Callable[..., LeaseKeeper]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def keep(cluster: Cluster, etcd: EtcdClient, listener: Listener) -> Iterator[Keep]:
    """`keep(url, …, terms=…)`: a keeper that runs until the test is over."""
    made: list[LeaseKeeper] = []

    def start(*urls: str, terms: LeaseTerms = SHORT, clock: Callable[[], float] = boot_seconds) -> LeaseKeeper:
        made.append(LeaseKeeper(cluster.access(*urls), listener, terms, clock=clock))
        made[-1].start()
        return made[-1]

    yield start
    for keeper in made:
        keeper.stop(revoke=False)


async def is_held(keeper: LeaseKeeper) -> None:
    await until(keeper.held, 5, "the lease is ours", pause_seconds=0.01)


async def test_a_lease_is_kept_and_given_back(etcd: EtcdClient, keep: Keep, relay: Relay, listener: Listener) -> None:
    before, relay.reply_delay_seconds = boot_seconds(), 0.05
    keeper = keep(relay.url)
    assert not keeper.held()
    await is_held(keeper)
    assert listener.lease is not None
    assert listener.lease.id == keeper.lease_id
    await etcd.put(b"/leader", b"n1", lease=keeper.lease_id)
    await until(lambda: len(listener.renewals) >= 2, 3, "it is renewed")
    for told_at, deadline in listener.renewals:
        assert before + 3 < deadline <= told_at + 3 - 0.05, "counted from before the request, not from its answer"
    assert (await etcd.lease_state(keeper.lease_id)).left_seconds >= 1
    await asyncio.to_thread(keeper.stop, revoke=True)
    assert not keeper.held()
    assert await etcd.get(b"/leader") is None
    assert listener.endings == []


async def test_a_stopped_loop_does_not_lose_the_lease(etcd: EtcdClient, keep: Keep, listener: Listener) -> None:
    keeper = keep()
    await is_held(keeper)
    await etcd.put(b"/leader", b"n1", lease=keeper.lease_id)
    blocked = boot_seconds()
    time.sleep(1.0)  # noqa: ASYNC251 - the loop is to stand still
    while boot_seconds() < blocked + 3.4:  # and the interpreter is to be busy
        sum(range(10_000))
    assert keeper.held()
    assert [told for told, _ in listener.renewals if told > blocked + 1.5], "renewed while the loop stood still"
    assert listener.endings == []
    assert await etcd.get(b"/leader") is not None


async def test_without_answers_it_ends_at_the_margin_for_good_and_etcd_keeps_the_lease_longer(
    etcd: EtcdClient, keep: Keep, relay: Relay, listener: Listener
) -> None:
    keeper = keep(relay.url, terms=LeaseTerms(ttl_seconds=3, keep_alive_seconds=0.4, margin_seconds=1.5))
    await is_held(keeper)
    await until(lambda: listener.renewals, 3, "it is renewed")
    relay.passing.clear()
    said_held = await asyncio.to_thread(last_time_held, keeper)
    assert (await etcd.lease_state(keeper.lease_id)).granted_seconds == 3, "etcd was faster than we"
    await until(lambda: listener.endings, 1, "its owner is told", pause_seconds=0.01)
    ((told_at, reason),) = listener.endings
    deadline, renewals = keeper.deadline(), len(listener.renewals)
    assert reason == "no keep-alive was confirmed in time"
    assert said_held < deadline - 1.5
    assert deadline - 1.5 <= told_at < deadline
    relay.passing.set()
    await asyncio.sleep(0.3)  # what was held up arrives
    assert not keeper.held(), "it came back"
    assert (len(listener.endings), len(listener.renewals), keeper.deadline()) == (1, renewals, deadline)


def last_time_held(keeper: LeaseKeeper) -> float:
    """The last instant at which it still said so, asked without a pause."""
    said = 0.0
    while True:
        asked = boot_seconds()
        if not keeper.held():
            return said
        said = asked
        time.sleep(0.001)


async def test_a_killed_member_or_leader_does_not_end_it(
    cluster: Cluster, etcd: EtcdClient, keep: Keep, listener: Listener
) -> None:
    keeper = keep(terms=LeaseTerms())
    await is_held(keeper)
    (await cluster.leader(etcd)).kill()
    killed = boot_seconds()
    await until(lambda: listener.renewals and listener.renewals[-1][0] > killed + 1, 5, "it is renewed by the others")
    assert keeper.held()
    assert listener.endings == []


async def test_it_ends_at_once_when_etcd_does_not_know_the_lease(
    etcd: EtcdClient, keep: Keep, listener: Listener
) -> None:
    keeper = keep()
    await is_held(keeper)
    await etcd.lease_revoke(keeper.lease_id)
    await until(lambda: listener.endings, 2, "it has ended")
    assert listener.endings[0][1] == "etcd no longer knows the lease"
    assert not keeper.held()
    with pytest.raises(EtcdLeaseNotFoundError):
        await etcd.lease_state(keeper.lease_id)


async def test_a_machine_that_slept_has_lost_it_and_asks_for_it_no_more(
    keep: Keep, relay: Relay, listener: Listener
) -> None:
    slept = [0.0]
    keeper = keep(relay.url, clock=lambda: boot_seconds() + slept[0])
    await is_held(keeper)
    slept[0] = 3.0
    assert not keeper.held()
    await until(lambda: listener.endings, 2, "it has ended")
    slept[0], asked = 0.0, relay.asked
    assert not keeper.held()
    await asyncio.sleep(0.6)  # the next keep-alive would be due
    assert relay.asked == asked, "it goes on to keep others waiting"


async def test_a_renewed_certificate_is_used_and_the_lease_goes_on(
    cluster: Cluster, etcd: EtcdClient, relay: Relay, listener: Listener, tmp_path: Path
) -> None:
    """Etcd asks for it with each new connection; whoever still shows the old one then loses the lease."""
    places, stale_place = Places(tmp_path / "renewed"), Places(tmp_path / "stale")
    keepers, listeners = [], [listener, Listener()]
    for place, told in zip((places, stale_place), listeners, strict=True):
        place.make_pki()
        for name, target in (("ca.pem", place.authority), ("ca.key", place.authority_key)):
            shutil.copy(cluster.certificates.authority.with_name(name), target)
        certificates.make_key(place)
        _sign(place, seconds=LIVES_SECONDS)
        access = replace(cluster.access(relay.url), certificates=files_of(place))
        keepers.append(LeaseKeeper(access, told, SHORT))
        keepers[-1].start()
    try:
        for keeper in keepers:
            await is_held(keeper)
        await until(lambda: certificates.ends_at(places.certificate) < datetime.now(UTC), 5, "the certificates end")
        _sign(places, seconds=3_600)
        keepers[0].use(replace(cluster.access(relay.url), certificates=files_of(places)))
        relay.cut()
        since = boot_seconds()
        await until(lambda: listeners[1].endings, 4, "the one with the old certificate has lost its lease")
        assert listener.renewals[-1][0] > since
        assert keepers[0].held()
        assert listener.endings == []
    finally:
        for keeper in keepers:
            keeper.stop(revoke=False)


def _sign(places: Places, *, seconds: float) -> None:
    request = certificates.signing_request(places)
    places.certificate.write_bytes(certificates.sign(places, request, "box", ["127.0.77.9"], days=seconds / 86_400))


def files_of(places: Places) -> Certificates:
    return Certificates(places.authority, places.certificate, places.key)


PROGRAM = """
import sys, time
from pathlib import Path
from appliance.clock import boot_seconds
from appliance.ha.etcd.link import Access, Certificates
from appliance.ha.lease import LeaseKeeper, LeaseTerms
from appliance.secret import Secret

class Silent:
    def granted(self, lease): pass
    def renewed(self, deadline): pass
    def ended(self, reason): say("ended")

def say(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()

files, urls = [Path(name) for name in sys.argv[1:4]], sys.argv[6:]
access = Access(urls, Certificates(*files), sys.argv[4], Secret(sys.argv[5]))
keeper = LeaseKeeper(access, Silent(), LeaseTerms(2, 0.4, 0.7))
keeper.start()
while True:
    asked = boot_seconds()
    say(f"{asked} {keeper.held():d} {keeper.deadline()} {keeper.lease_id}")
    time.sleep(0.01)
"""


async def test_a_process_that_was_frozen_does_not_believe_in_its_lease(
    cluster: Cluster, etcd: EtcdClient, tmp_path: Path
) -> None:
    access, files = cluster.access(), cluster.certificates
    words = [str(path) for path in (files.authority, files.certificate, files.key)]
    words += [access.user, access.password.reveal(), *access.endpoints]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *words, stdout=PIPE, env=environment, cwd=tmp_path
    )
    assert process.stdout is not None
    try:
        while (said := (await asyncio.wait_for(process.stdout.readline(), 20)).split())[1:2] != [b"1"]:
            pass
        lease = int(said[3])
        process.send_signal(signal.SIGSTOP)
        frozen_at = boot_seconds()

        async def gone() -> bool:
            try:
                await etcd.lease_state(lease)
            except EtcdLeaseNotFoundError:
                return True
            return False

        await until(gone, 8, "etcd has let go of the lease")
        thawed_at = boot_seconds()
        process.send_signal(signal.SIGCONT)
        lines = [said]
        while b"ended" not in lines[-1]:
            lines.append((await asyncio.wait_for(process.stdout.readline(), 20)).split())
        believed = [float(line[0]) for line in lines[:-1] if line[1] == b"1"]
        assert max(believed) <= frozen_at + 0.05
        assert thawed_at > float(lines[-2][2]), "etcd kept it as long as the keeper counted"
    finally:
        process.kill()
        await process.wait()
