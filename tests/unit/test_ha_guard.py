"""The hardware watchdog in the agent's hands, and what decisions make of it."""

import errno
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.ha.address.watchdog import Watchdog
from appliance.ha.agent.guard import Guard
from appliance.ha.cluster_file import WatchdogMode as Mode
from appliance.ha.decision import actions as act
from appliance.ha.decision.decide import decide
from appliance.ha.decision.model import Cause, Health, Lease, Postgres, Role, Services, State
from appliance.ha.decision.model import WatchdogState as Dog
from appliance.ha.decision.readiness import NotReady, not_ready
from appliance.ha.decision.reasons import Why
from appliance.ha.provision.status import watchdog_text
from tests.ha.pictures import AT, TIMING, active, etcd, kinds, memory, nobody_leads, standby

pytestmark = pytest.mark.req("HA-1")


class Shelf:
    """Where devices come from; notes what is done with them."""

    def __init__(self, *, empty: bool = False) -> None:
        self.empty = empty
        self.done: list[str] = []

    def open(self, _path: Path) -> Shelf:
        if self.empty:
            raise OSError(errno.ENOENT, "No such file or directory")
        self.done.append("open")
        return self

    def set_timeout(self, seconds: int) -> int:
        return seconds

    def pet(self) -> None:
        self.done.append("pet")

    def close(self) -> None:
        self.done.append("close")


class Clock:
    now = AT

    def __call__(self) -> int:
        return self.now


def guard(shelf: Shelf, mode: Mode = Mode.AUTO) -> tuple[Guard, Clock]:
    clock = Clock()
    return Guard(Watchdog(mode, TIMING, path=Path("/nowhere"), opened=shelf.open), clock), clock


# -- the device ----------------------------------------------------------------------------------------


def test_what_an_earlier_run_left_counting_is_stopped_once():
    shelf = Shelf()
    one, _ = guard(shelf)
    assert one.seen() is Dog.COUNTS, "who knows"
    one.rest()
    one.rest()
    assert (one.seen(), shelf.done) == (Dog.READY, ["open", "close"])


def test_it_is_fed_only_while_the_right_lasts_longer_than_it_takes():
    shelf = Shelf()
    one, clock = guard(shelf)
    one.rest()
    shelf.done.clear()
    one.feed(AT + 3_999)
    assert (one.seen(), shelf.done) == (Dog.READY, []), "it would fire after the right has ended"
    one.feed(AT + 5_000)
    clock.now = AT + 1_000
    one.feed(AT + 5_000)
    clock.now = AT + 1_001
    one.feed(AT + 5_000)
    assert (one.seen(), shelf.done) == (Dog.COUNTS, ["open", "pet"]), "fires at the end of the right"
    one.feed(AT + 6_000)
    one.rest()
    assert (one.seen(), shelf.done) == (Dog.READY, ["open", "pet", "pet", "close"])


@pytest.mark.parametrize(("mode", "state"), [(Mode.AUTO, Dog.NONE), (Mode.REQUIRED, Dog.MISSING)])
def test_without_a_device_only_a_required_one_is_missed(mode, state):
    one, _ = guard(Shelf(empty=True), mode)
    changed: list[int] = []
    one.changed = lambda: changed.append(1)
    one.rest()
    assert (one.seen(), one.view().refusal, changed) == (state, "/nowhere: No such file or directory", [1])
    one.feed(AT + 9_000)
    assert one.seen() is state


def test_it_can_be_switched_off_and_on_while_the_box_is_active():
    shelf = Shelf()
    one, _ = guard(shelf)
    one.feed(AT + 5_000)
    one.use(Mode.OFF)
    one.feed(AT + 5_000)
    one.rest()
    assert (one.seen(), shelf.done) == (Dog.NONE, ["open", "close"])
    one.use(Mode.REQUIRED)
    one.feed(AT + 5_000)
    assert (one.seen(), shelf.done[2:]) == (Dog.COUNTS, ["open"])
    assert one.view().mode is Mode.REQUIRED


def test_every_state_has_its_words():
    shelf = Shelf()
    one, _ = guard(shelf)

    def told() -> str:
        return watchdog_text(one.view())

    one.rest()
    assert told() == "ready 待命 (/nowhere, 4 s)"
    one.feed(AT + 5_000)
    assert told() == "armed 已启用 (/nowhere, 4 s)"
    one.use(Mode.OFF)
    assert told() == "off 已关闭"
    shelf.empty = True
    one.use(Mode.AUTO)
    one.rest()
    assert told().startswith("none 无")
    one.use(Mode.REQUIRED)
    one.rest()
    assert "this box cannot take over" in told()


# -- decisions -----------------------------------------------------------------------------------------


def with_dog(seen, dog: Dog):
    return replace(seen, health=replace(seen.health, watchdog=dog))


def test_it_counts_before_anything_is_promoted():
    won = replace(nobody_leads(), lease=Lease(30, AT + 4_900, AT - 100), etcd=etcd())
    promoting = memory(State.PROMOTE, since=AT - 10, epoch=30)
    first = decide(promoting, with_dog(won, Dog.READY), TIMING)
    assert (first.reason.why, first.actions) == (Why.ARMING, (act.FeedWatchdog(AT + 4_900),))
    for dog in (Dog.COUNTS, Dog.NONE):
        verdict = decide(promoting, with_dog(won, dog), TIMING)
        assert act.PromotePostgres in kinds(verdict)
        assert (act.FeedWatchdog in kinds(verdict)) == (dog is Dog.COUNTS)


def test_who_is_to_have_one_and_has_none_does_not_become_active():
    waiting = decide(memory(State.STANDBY, key_gone_since=AT - 100), with_dog(nobody_leads(), Dog.MISSING), TIMING)
    assert (waiting.memory.state, waiting.reason.why) == (State.STANDBY, Why.NO_WATCHDOG)
    won = replace(nobody_leads(), lease=Lease(30, AT + 4_900, AT - 100), etcd=etcd())
    lost = decide(memory(State.PROMOTE, since=AT - 10, epoch=30), with_dog(won, Dog.MISSING), TIMING)
    assert (lost.memory.state, lost.memory.cause) == (State.DEMOTE, Cause.START_FAILED)
    forced = with_dog(replace(standby(etcd=etcd(leader=None, read_at=None)), forced=True), Dog.MISSING)
    assert decide(memory(State.PROMOTE, since=AT - 10), forced, TIMING).memory.state is State.PROMOTE


def test_a_peer_without_the_one_it_is_to_have_is_no_standby():
    seen = active()
    seen = replace(seen, peer=replace(seen.peer, able=False))
    assert NotReady.PEER_UNABLE in not_ready(memory(State.ACTIVE), seen, TIMING)


def test_an_active_box_feeds_it_and_an_idle_one_stops_it():
    fed = decide(memory(State.ACTIVE), with_dog(active(), Dog.COUNTS), TIMING)
    assert act.FeedWatchdog(active().lease.until) in fed.actions
    idle = decide(memory(State.STANDBY), with_dog(standby(), Dog.COUNTS), TIMING)
    assert act.RestWatchdog() in idle.actions


def test_while_it_steps_down_it_is_fed_on_a_lease_else_stopped_only_when_the_box_is_harmless():
    stopping = memory(State.DEMOTE, cause=Cause.SWITCHOVER, since=AT - 100)
    serving = with_dog(active(), Dog.COUNTS)
    assert act.FeedWatchdog in kinds(decide(stopping, serving, TIMING))
    unfed = replace(serving, lease=None, health=Health(address_held=True, watchdog=Dog.COUNTS))
    assert not {act.FeedWatchdog, act.RestWatchdog} & kinds(decide(stopping, unfed, TIMING))
    harmless = replace(
        unfed,
        health=Health(watchdog=Dog.COUNTS),
        postgres=Postgres(Role.DOWN),
        services=Services(running=False, stopped=False),
    )
    assert act.RestWatchdog in kinds(decide(stopping, harmless, TIMING))
    stopped = decide(stopping, replace(harmless, services=Services()), TIMING)
    assert (stopped.memory.state, kinds(stopped)) == (State.JOIN, {act.RestWatchdog, act.ReleaseLease})
