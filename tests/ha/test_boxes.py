"""Whole boxes: the plug of the active one is pulled in mid-morning. What people outside see of it decides."""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Page

from appliance.clock import boot_ms
from tests.center import EXTENSION_DID, MENU_DID, QUEUE_DID, TOKEN, Center, Plan
from tests.desk_client import DeskClient
from tests.ha.address_lab import Answers, Machine
from tests.ha.holding import Holding, Span, doubled_ms
from tests.ha.outside import Callers, Reader, Waiting, Writer, longest_gap
from tests.ha.screen import desktop, picture, seen_as
from tests.ha.whole import BOXES, WITNESS, WholePair
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.softphone import Softphone
from tests.sip.waiting import until
from tests.tones import tone
from tests.webcti_client import Program, known_keys

NETWORK, CARRIER, PHONES, WATCHING = "10.99.7.0/24", "10.99.7.21", "10.99.7.41", "10.99.7.31"

pytestmark = [pytest.mark.req("HA-1", "HA-2", "HA-3", "HA-4", "HA-7"), pytest.mark.timeout(400)]


@pytest.fixture
def pair() -> Iterator[WholePair]:
    with WholePair("hccpair", NETWORK, tell=print) as pair:
        pair.make()
        yield pair


class Story:
    """The pair, a small call centre in it, and who looks at it from outside."""

    def __init__(self, pair: WholePair, carrier: Machine, watching: Machine) -> None:
        self.pair = pair
        self.callers = Callers(carrier, pair.service, MENU_DID)
        self.waiting = Waiting(carrier, pair.service, QUEUE_DID)
        self.reader = Reader(f"{pair.url}/login")
        self.answers = Answers(watching, pair.service)
        self.writer = Writer()
        self._holding: dict[str, Holding] = {}
        self._held: dict[str, list[Span]] = {name: [] for name in BOXES}

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        with contextlib.ExitStack() as around:
            for one in (self.callers, self.waiting, self.reader):
                around.enter_context(one.watching())
            around.enter_context(self.answers.watched())
            for name in BOXES:
                self.looks_at(name)
                around.callback(self.looks_away, name)
            yield

    def looks_at(self, name: str) -> None:
        """Whether that box holds the address."""
        self._holding[name] = Holding(self.pair.box(name).network, self.pair.service)

    def looks_away(self, name: str) -> None:
        """Its network is no more."""
        self._holding[name].end()
        self._held[name] += self._holding[name].spans

    def doubled_ms(self) -> int:
        """How long both boxes held the address, of the time that is over."""
        return doubled_ms(*self._held.values())

    def desk(self, login: str) -> DeskClient:
        return DeskClient(self.pair.service, f"{TOKEN}-{login}")

    def gaps(self, what: str, since: int) -> None:
        """Tells of everything that is seen from outside, in ms."""
        times = {
            "address": [at for at, _ in self.answers.heard],
            "call answered": sorted(attempt.answered for attempt in self.callers.answered),
            "page": self.reader.got,
            "write": self.writer.times,
        }
        gaps = {name: longest_gap(moments, since) for name, moments in times.items()}
        print(f"{what}: " + ", ".join(f"{name} {gap} ms" for name, gap in gaps.items()))

    async def served_again(self, since: int, seconds: float, what: str) -> None:
        """Until a call begun after `since` is answered and a page is shown."""
        try:
            await until(lambda: self.callers.first_answered(since), seconds, f"{what}: a new call is answered")
            await until(lambda: self.reader.got[-1] > since, seconds, f"{what}: a page is shown")
            await until(lambda: self.writer.times[-1] > since, seconds, f"{what}: a write is acknowledged")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.pair.status()}\n{self.pair.story()}") from None


@pytest.fixture
async def story(pair: WholePair) -> AsyncIterator[Story]:
    plan = Plan(box=pair.service, carrier=CARRIER, mass_callers="10.99.7.22")
    center = Center(pair.box(pair.active()), plan, postgresql=True)
    center.seed()
    await center.ready()
    carrier, watching = Machine(pair.bridge.name, CARRIER), Machine(pair.bridge.name, WATCHING)
    try:
        yield Story(pair, carrier, watching)
    finally:
        carrier.close()
        watching.close()


def center_on(pair: WholePair, name: str) -> Center:
    return Center(pair.box(name), Plan(box=pair.service), postgresql=True)


async def test_the_plug_of_the_active_box_is_pulled_and_the_next_caller_is_answered(story: Story) -> None:
    pair = story.pair
    first = pair.active()
    second = pair.other(first)
    phones = Host(pair.bridge.name, PHONES)
    async with contextlib.AsyncExitStack() as around:
        around.callback(phones.close)
        around.enter_context(story.watched())
        around.enter_context(story.writer.on(pair.box(second)))
        with story.writer.on(pair.box(first)):
            await _morning(story, phones, center_on(pair, first))
            key = (await known_keys(pair.box(first), {"keys": [{"name": "his"}]}, pair.service))["his"]
            program = await around.enter_async_context(Program(pair.service, key))
            await program.listen()
            page = await around.enter_async_context(desktop(pair.url, f"{TOKEN}-agent1"))
            await seen_as(page, "busy")
            await picture(page, "fail-over-before")
            telephone = Phone(phones, "8025", pair.service, secret="secret-8025", line=5)
            around.push_async_callback(telephone.stop)
            await _registered(telephone, center_on(pair, first))
            fault = boot_ms()
            pair.box(first).power_off()
            story.looks_away(first)
        await story.served_again(fault, 11, "power-off of the active")
        story.gaps("power-off of the active", fault)
        await _events_go_on(program)
        await _afternoon(story, page, center_on(pair, second), fault)
        await _rings_without_registering_anew(story, telephone)
        await telephone.stop()
        await _comes_back(story, phones, first, second)
    await _nothing_lost(story, center_on(pair, first))


async def _morning(story: Story, phones: Host, center: Center) -> None:
    """One agent is at table, one is there; calls are answered, one waits."""
    async with (
        Phone(phones, "8001", story.pair.service, secret="secret-8001", says=tone(700, 60)),
        story.desk("agent1") as one,
        story.desk("agent2") as two,
    ):
        await one.verb("sign_in", phone="sip")
        await one.until(lambda: one.me.get("phone_online"), 10, "the telephone is there")
        await one.verb("busy", cause="meal")
        await two.verb("sign_in", phone="sip")
        await one.state("busy")
        await two.until(lambda: two.me.get("state") != "signed_out", 5, "signed in")
        await until(lambda: any('"cause":"meal"' in live for live in center.live()), 5, "the agents' states are stored")
    await until(lambda: center.query("SELECT id FROM interaction"), 10, "calls are recorded")
    await until(lambda: story.waiting.answered, 10, "one waits")


async def _registered(telephone: Phone, center: Center) -> None:
    await telephone.start()
    known = f"SELECT key FROM registration WHERE key LIKE '{telephone.number};%'"
    await until(lambda: center.query(known), 15, "the database knows where the telephone is")


async def _events_go_on(program: Program) -> None:
    """WebCTI's numbers rise on with the other box; whatever a program was told before is still told the same."""
    told = list(program.events)
    await program.stop_listening()
    await program.listen(since=told[0]["seq"] - 1)
    await until(lambda: program.seq > told[-1]["seq"], 10, "events go on")
    again = program.events[len(told) :]
    assert again[: len(told)] == told
    assert [event["seq"] for event in again] == [told[0]["seq"] + place for place in range(len(again))]
    assert "resync" not in {frame["type"] for frame in program.frames}


async def _rings_without_registering_anew(story: Story, telephone: Phone) -> None:
    outside = Host(story.pair.bridge.name, "10.99.7.22")
    before = [event.type for event in telephone.events].count("REGISTER_OK")
    try:
        async with Phone(outside, "13900008888", story.pair.service) as caller:
            await caller.dial(EXTENSION_DID)
            await telephone.rings()
            assert [event.type for event in telephone.events].count("REGISTER_OK") == before
    finally:
        outside.close()


async def _afternoon(story: Story, page: Page, center: Center, fault: int) -> None:
    """Agents and records are as they were; nobody had to log in again."""
    await seen_as(page, "busy")
    print(f"the agent's browser was back {boot_ms() - fault} ms after the fault at the latest")
    await picture(page, "fail-over-after")
    async with story.desk("agent2") as two:
        assert two.me["state"] != "signed_out"
    records = center.query("SELECT caller FROM interaction")
    before = {attempt.caller for attempt in story.callers.answered[:3]}
    assert before <= {row["caller"] for row in records}


async def _comes_back(story: Story, phones: Host, first: str, second: str) -> None:
    """The box without power is switched on, follows by itself, is brought to the front; the witness is lost."""
    pair = story.pair
    pair.box(first).boot()
    story.looks_at(first)
    with story.writer.on(pair.box(first)):
        pair.in_step()
        assert pair.active() == second
        await _switched_over_in_mid_talk(story, phones, center_on(pair, second))
        assert pair.active() == first
        lost = boot_ms()
        pair.box(WITNESS).power_off()
        await story.served_again(lost + 6_000, 11, "witness lost")
        story.gaps("witness lost", lost)
        assert pair.active() == first


async def _switched_over_in_mid_talk(story: Story, phones: Host, center: Center) -> None:
    """A talk goes on although nobody waited for its end; who waits in a queue is told goodbye, to be called back."""
    pair = story.pair
    outside = Host(pair.bridge.name, "10.99.7.22")
    try:
        async with (
            Softphone(phones, "8025", pair.service, secret="secret-8025", answers=True, line=6) as telephone,
            Softphone(outside, "13900008889", pair.service, line=6) as patient,
            Softphone(outside, "13700008889", pair.service, line=7) as waiting,
        ):
            waiting.dial(QUEUE_DID)
            patient.dial(EXTENSION_DID)
            await until(lambda: telephone.talks and waiting.talks, 10, "one talks, one waits")
            await until(lambda: _kept(center, patient.number), 10, "both ends of the talk are stored")
            asked = boot_ms()
            pair.box(pair.active()).run("hcc", "cluster", "switchover", "--force", timeout=60)
            await story.served_again(boot_ms(), 11, "planned switch-over")
            story.gaps("planned switch-over", asked)
            for who in (telephone, patient):
                await until(lambda who=who: who.count("replaced"), 10, f"{who.number} goes on")
            await until(lambda: not waiting.talks, 5, "who waited was told goodbye")
    finally:
        outside.close()


def _kept(center: Center, caller: str) -> bool:
    lives = [json.loads(line) for line in center.live() if caller in line]
    return any(live.get("customer", {}).get("dialog") and live["partner"]["dialog"] for live in lives)


async def _nothing_lost(story: Story, center: Center) -> None:
    written = {row["at"] for row in center.query("SELECT at FROM outside")}
    acknowledged = {row for row, _ in story.writer.acknowledged}
    assert acknowledged <= written
    print(f"{len(acknowledged)} commits acknowledged, none lost")
    owners = story.answers.owners
    assert len(owners) == 3, "the address was with one box, with the other, with the first again"
    assert story.doubled_ms() == 0
