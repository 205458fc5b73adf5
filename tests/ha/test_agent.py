"""The pair with real parts: agents, etcd, PostgreSQL and service address on three machines; faults strike one after the
other. Logs kept from outside decide: who answers for the address, and which commits were acknowledged to a client."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from appliance.clock import boot_ms
from tests.ha.address_lab import Answers
from tests.ha.pair.boxes import SERVICE, Box, Pair
from tests.ha.pair.client import Client
from tests.sip.waiting import PATIENCE, until

pytestmark = pytest.mark.req("HA-1", "HA-4")


class Story:
    """A running pair, its client, and what was seen from outside."""

    def __init__(self, pair: Pair, client: Client, answers: Answers) -> None:
        self.pair, self.client, self.answers = pair, client, answers

    def box(self, name: str) -> Box:
        return self.pair.boxes[name]

    def told(self, what: str, since: int) -> None:
        print(f"{what}: writes stood still for {self.client.gap_ms(since)} ms")

    async def served_by(self, node: str, since: int, seconds: float, what: str) -> None:
        def is_so() -> bool:
            return any(one.node == node and one.at > since for one in self.client.answered)

        try:
            await until(is_so, seconds, f"{what}: {node} serves")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await self.pair.story()}") from None
        await asyncio.sleep(0.2)
        self.told(what, since)


@pytest.fixture
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    pair = Pair(tmp_path_factory.mktemp("pair"))
    client, answers = Client(pair.clients, SERVICE), Answers(pair.clients, SERVICE)
    try:
        await pair.start_etcd()
        with client.writing(), answers.watched():
            yield Story(pair, client, answers)
    finally:
        await pair.close()
        shutil.rmtree(pair.folder, ignore_errors=True)


async def written(story: Story, node: str) -> set[int]:
    words = f"host={story.box(node).folder / 'sockets'} user=hcc dbname=hcc connect_timeout=3"
    async with await psycopg.AsyncConnection.connect(words, autocommit=True) as database:
        return {row[0] for row in await (await database.execute("SELECT n FROM written")).fetchall()}


async def test_the_pair_goes_through_faults_and_loses_nothing(story: Story) -> None:
    pair, client = story.pair, story.client
    begun = boot_ms()
    (pair.boxes["n1"].folder / "first").touch()
    pair.know("n1")
    pair.boxes["n1"].start()
    await story.served_by("n1", begun, 20, "cold start")
    await others_join(story)
    for fault in (
        witness_lost,
        switched_over,
        powered_off,
        agent_killed,
        agent_ended,
        isolated,
        agent_paused,
        agent_frozen,
        disk_failed,
    ):
        await fault(story)
    await maintained(story)
    await no_commit_lost(story)
    await history_told(story)
    names = {pair.machines[name].mac: name for name in pair.boxes}
    owners = [names[mac] for mac in story.answers.owners]
    print(f"the address was with {' → '.join(owners)}")
    served = [one.node for one in client.answered]
    turns = [node for number, node in enumerate(served) if served[number - 1 : number] != [node]]
    assert owners == turns, "two boxes had the address at a time"


async def others_join(story: Story) -> None:
    """A second box, then the witness: the first one serves on, and is never started anew."""
    pair, first = story.pair, story.box("n1")
    since, process = boot_ms(), first.process
    for name, others in (("n1", ["n2"]), ("n2", ["n1"])):
        pair.know(name, *others)
    pair.boxes["n2"].start()
    await pair.redundant("n1", 20)
    for name, others in (("n1", ["n2", "w"]), ("n2", ["n1", "w"])):
        pair.know(name, *others)
    for box in pair.boxes.values():
        await until(lambda box=box: "the cluster is now" in box.said(), 5, f"{box.name} knows the witness")
    story.told("the second box and the witness join", since)
    assert story.client.gap_ms(since) < 2_500 * PATIENCE
    assert first.process is process
    assert process is not None
    assert process.returncode is None


def roles(story: Story) -> tuple[Box, Box]:
    """Who is active, and who is not."""
    active = story.client.node
    return story.box(active), story.box("n2" if active == "n1" else "n1")


async def witness_lost(story: Story) -> None:
    """Nothing happens."""
    active, _ = roles(story)
    since = boot_ms()
    story.pair.witness.kill()
    await until(lambda: boot_ms() - since > 2_000, 3, "some time passes")
    story.told("witness lost", since)
    assert story.client.gap_ms(since) < 2_500 * PATIENCE
    assert story.client.node == active.name
    story.pair.witness.start()


async def switched_over(story: Story) -> None:
    active, passive = roles(story)
    await story.pair.redundant(active.name)
    since = boot_ms()
    assert (active.hardware.counts, passive.hardware.counts) == (True, False)
    async with story.pair.wishes() as wishes:
        await wishes.switch_over(passive.name)
    await story.served_by(passive.name, since, 5, "planned switch-over")
    assert (active.hardware.counts, passive.hardware.counts) == (False, True)
    assert not active.hardware.fired, "stopped in order"
    await story.pair.redundant(passive.name)


async def powered_off(story: Story) -> None:
    active, passive = roles(story)
    since = await active.power_off()
    await story.served_by(passive.name, since, 11, "power-off of the active")
    active.power_on()
    await story.pair.redundant(passive.name)


async def agent_killed(story: Story) -> None:
    await _taken_over(story, Box.kill_agent, "SIGKILL of the active's agent")


async def agent_ended(story: Story) -> None:
    """It hands over: nobody waits for a lease to run out."""
    since = boot_ms()
    await _taken_over(story, Box.end_agent, "SIGTERM of the active's agent")
    assert story.client.gap_ms(since) < 2_500 * PATIENCE


async def agent_paused(story: Story) -> None:
    """For less than anybody's patience: it goes on where it was."""
    active, _ = roles(story)
    since = active.freeze_agent()
    await until(lambda: boot_ms() - since > 2_000, 3, "the agent stands still")
    active.thaw_agent()
    await story.served_by(active.name, boot_ms(), 5, "SIGSTOP of the active's agent for two seconds")
    await state_is(story, active, "active")
    assert {one.node for one in story.client.answered if one.at > since} == {active.name}
    assert story.client.gap_ms(since) < 2_500 * PATIENCE


async def agent_frozen(story: Story) -> None:
    """Until the watchdog kills it."""
    await _taken_over(story, Box.freeze_agent, "SIGSTOP of the active's agent")


async def disk_failed(story: Story) -> None:
    """It steps down, keeps out, and comes back when somebody has repaired it."""
    active, passive = roles(story)
    since = active.make_disk_read_only()
    await story.served_by(passive.name, since, 12, "the active's disk is read-only")
    await state_is(story, active, "failed")
    active.repair_disk()
    await story.pair.redundant(passive.name)
    async with story.pair.wishes() as wishes:
        await wishes.clear_hold()


async def isolated(story: Story) -> None:
    active, _ = roles(story)
    await _taken_over(story, Box.isolate, "the active cut off", active.rejoin_network)


async def _taken_over(
    story: Story, fault: Callable[[Box], int], what: str, mend: Callable[[], None] | None = None
) -> None:
    active, passive = roles(story)
    since, resets = fault(active), len(active.hardware.fired)
    await story.served_by(passive.name, since, 11, what)
    if len(active.hardware.fired) > resets:
        print(f"{what}: the hardware watchdog reset the box after {active.hardware.fired[-1] - since} ms")
    if mend is not None:
        mend()
    await story.pair.redundant(passive.name)
    async with story.pair.wishes() as wishes:  # a third one would not be answered by a fourth
        await wishes.clear_hold()


async def maintained(story: Story) -> None:
    """The standby keeps out, the active goes on alone; when it is over, the standby comes back."""
    active, passive = roles(story)
    since = boot_ms()
    async with story.pair.wishes() as wishes:
        await wishes.enter_maintenance(passive.name)
        await state_is(story, passive, "maint")
        await wishes.end_maintenance()
        await state_is(story, passive, "standby")
    await story.pair.redundant(active.name)
    story.told("maintenance of the standby", since)
    assert story.client.node == active.name


async def state_is(story: Story, box: Box, state: str) -> None:
    async def is_so() -> bool:
        report = await box.report()
        return report is not None and report.own.state == state

    try:
        await until(is_so, 5, f"{box.name} is in {state}")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{await story.pair.story()}") from None


async def history_told(story: Story) -> None:
    """Every change of who leads, with its cause and how long it took."""
    report = await roles(story)[0].report()
    assert report is not None
    passages = list(reversed(report.history))
    causes = [str(passage.cause) for passage in passages]
    assert causes[:3] == ["returned", "switchover", "peer_gone"], causes
    assert [passage.epoch for passage in passages] == sorted(passage.epoch for passage in passages)
    assert all(passage.active_after_ms for passage in passages), passages


async def no_commit_lost(story: Story) -> None:
    """On the active and, as both are in step, on the standby."""
    active, passive = roles(story)
    acknowledged = {one.number for one in story.client.answered}
    assert acknowledged <= await written(story, active.name)

    async def has_all() -> bool:
        return acknowledged <= await written(story, passive.name)

    await until(has_all, 5, "the standby has them too")
    print(f"{len(acknowledged)} commits acknowledged, none lost")
