"""The service address in real kernels: machines in network namespaces on one bridge, watched from a third."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from appliance.clock import boot_ms
from tests.ha.address_lab import SYSCTLS, Agent, Answers, Machine
from tests.ha.address_program import PORT
from tests.sip.network import _ip
from tests.sip.waiting import TooLateError, until

pytestmark = pytest.mark.req("HA-1")

V4, V6 = "10.98.0.100", "fd00::100"
OTHERS = "10.98.0.101", "fd00::101"
LEASE_MS, ADDRESS_MARGIN_MS = 3_000, 350
"""Shorter than the product's lease: 2.65 s become a lifetime of two."""
LATE_MS = 400


@pytest.fixture(scope="module")
def bridge() -> Iterator[str]:
    name = "hccaddr"
    _ip("link", "add", name, "type", "bridge", "mcast_snooping", "0")
    _ip("link", "set", name, "up")
    yield name
    _ip("link", "del", name)


@pytest.fixture(scope="module")
def machines(bridge: str) -> Iterator[list[Machine]]:
    made: list[Machine] = []
    try:
        made.extend(Machine(bridge, f"10.98.0.{number}") for number in (11, 12, 13, 1))
        for box in made[:2]:
            box.set(*(line.replace(" ", "") for line in SYSCTLS.read_text().splitlines() if "=" in line))
        yield made
    finally:
        for machine in made:
            machine.close()


@pytest.fixture
def one(machines: list[Machine]) -> Machine:
    return machines[0]


@pytest.fixture
def two(machines: list[Machine]) -> Machine:
    return machines[1]


@pytest.fixture
def client(machines: list[Machine]) -> Machine:
    return machines[2]


@pytest.fixture
def router(machines: list[Machine]) -> Machine:
    return machines[3]


type Start = Callable[..., Awaitable[Agent]]


@pytest.fixture
async def agent() -> AsyncIterator[Start]:
    """`await agent(machine, v4, v6, gateway)`; afterwards nothing of it is left, whatever became of it."""
    made: list[Agent] = []

    async def start(machine: Machine, v4: str = V4, v6: str = V6, gateway: str = "-") -> Agent:
        started = Agent(machine, v4, v6, gateway)
        made.append(started)
        await started.start()
        return started

    yield start
    await asyncio.gather(*(started.stop() for started in made))
    for started in made:
        for address in started._words[:2]:
            assert address == "-" or not started.machine.has(address)
        assert "ERROR" not in started.log, started.log


async def vanishing(machine: Machine, address: str) -> tuple[int, int]:
    """When it was last asked for and there, and when it was first known to be gone (BOOTTIME ms)."""
    there, deadline = 0, boot_ms() + 10_000
    while boot_ms() < deadline:
        asked = boot_ms()
        if not machine.has(address):
            return there, boot_ms()
        there = asked
        await asyncio.sleep(0.005)
    raise TooLateError(f"{address} stays")


async def test_the_kernel_removes_the_address_of_a_dead_or_frozen_agent_in_time_and_not_before(
    agent: Start, one: Machine, two: Machine
) -> None:
    killed, frozen = await asyncio.gather(agent(one), agent(two, *OTHERS))
    for holder, addresses in ((killed, (V4, V6)), (frozen, OTHERS)):
        held = await holder.do("hold", LEASE_MS - ADDRESS_MARGIN_MS)
        await (holder.kill() if holder is killed else holder.freeze())
        machine = holder.machine
        for there, gone in await asyncio.gather(*(vanishing(machine, address) for address in addresses)):
            assert gone >= held["before"] + 2_000, "too early"
            assert there <= held["after"] + 2_000 + LATE_MS, "too late"
            assert there <= held["until"] + ADDRESS_MARGIN_MS, "the lease is over"
    frozen.thaw()
    await frozen.sees(3, held=False)


async def test_an_address_is_never_there_for_longer_than_wished_nor_for_shorter_than_before(
    agent: Start, one: Machine
) -> None:
    holder = await agent(one)
    first = await holder.do("hold", 2_900)
    for ms in (1_100, 999, -5_000):
        await holder.do("hold", ms)
    there, gone = await vanishing(one, V4)
    assert gone >= first["before"] + 2_000
    assert there <= first["until"] + ADDRESS_MARGIN_MS
    assert not (await holder.do("hold", 999))["held"], "less than a second cannot be given"
    assert not one.has(V4)


async def test_two_never_both_answer_when_the_lease_of_a_dead_or_frozen_one_has_run_out(
    agent: Start, one: Machine, two: Machine, client: Machine
) -> None:
    async def taken_over(v4: str, v6: str, fault: str) -> None:
        old, new = await asyncio.gather(agent(one, v4, v6), agent(two, v4, v6))
        old.tell("renew", LEASE_MS - ADDRESS_MARGIN_MS)
        answers = Answers(client, v4)
        with answers.watched():
            await until(lambda: answers.heard, 3, "it answers")
            client.touch(v6)
            await until(lambda: client.knows(v6) == one.mac, 3, "a neighbour knows it")
            await (old.kill() if fault == "kill" else old.freeze())
            await asyncio.sleep((old.until + ADDRESS_MARGIN_MS - boot_ms()) / 1_000)
            new.tell("renew", LEASE_MS - ADDRESS_MARGIN_MS)
            await until(lambda: answers.heard[-1][1] == two.mac, 3, "the other answers")
            await until(lambda: client.knows(v6) == two.mac, 1, "neighbours know the new place")
            if fault == "freeze":
                old.thaw()
                await old.told("too late", 3)
        assert answers.owners == [one.mac, two.mac]
        print(f"{fault}: {answers.gap_ms()} ms without an answer")

    await asyncio.gather(taken_over(V4, V6, "kill"), taken_over(*OTHERS, "freeze"))


async def test_neighbours_learn_the_new_place_at_once(
    agent: Start, one: Machine, two: Machine, client: Machine
) -> None:
    old, new = await asyncio.gather(agent(one), agent(two))
    old.tell("renew", 5_000)
    answers = Answers(client, V4)
    with answers.watched():
        await until(lambda: one.has(V4) and one.has(V6), 3, "it is there")
        for address in (V4, V6):
            client.touch(address)
        await until(lambda: {client.knows(V4), client.knows(V6)} == {one.mac}, 3, "a neighbour knows it")
        await old.do("drop")
        new.tell("renew", 5_000)
        await until(lambda: {client.knows(V4), client.knows(V6)} == {two.mac}, 0.5, "told unasked", pause_seconds=0.01)
        await until(lambda: answers.heard[-1][1] == two.mac, 1, "the other answers")
    assert answers.owners == [one.mac, two.mac]
    print(f"drop: {answers.gap_ms()} ms without an answer")
    # As after a time in which both were seen: the switch, or a neighbour, believes the wrong one.
    await asyncio.sleep(1.1)  # what is announced at first has been announced
    client.ip("neigh", "replace", V4, "lladdr", one.mac.hex(":"), "dev", "eth0", "nud", "stale")
    two.cut()
    await asyncio.sleep(0.3)  # the loss of carrier has to be seen; it is looked for ten times a second
    two.mend()
    await until(lambda: client.knows(V4) == two.mac, 1, "told again when the cable is back", pause_seconds=0.01)


async def test_an_address_that_somebody_removes_comes_back(agent: Start, one: Machine) -> None:
    holder = await agent(one)
    holder.tell("renew", 4_000)
    await until(lambda: one.has(V4) and one.has(V6), 3, "it is there")
    one.ip("addr", "del", f"{V4}/32", "dev", "eth0")
    one.ip("addr", "del", f"{V6}/128", "dev", "eth0")
    await until(lambda: one.has(V4) and one.has(V6), 1, "it is back", pause_seconds=0.01)
    one.ip("link", "set", "eth0", "down")
    await until(lambda: not one.has(V6), 1, "the kernel drops IPv6 addresses of interfaces that are down")
    one.ip("link", "set", "eth0", "up")
    await until(lambda: one.has(V4) and one.has(V6), 1, "it is back", pause_seconds=0.01)
    one.ip("addr", "add", f"{one.address6}/64", "dev", "eth0", "nodad")


async def test_what_a_predecessor_left_is_removed_at_the_start(agent: Start, one: Machine) -> None:
    one.ip("addr", "add", f"{V4}/24", "dev", "eth0")
    one.ip("addr", "add", f"{V4}/32", "dev", "lo")
    one.ip("addr", "add", f"{V6}/64", "dev", "eth0", "nodad")
    holder = await agent(one)
    assert not one.has(V4)
    assert not one.has(V6)
    assert holder.said[0]["held"] is False
    assert one.has(one.address), "nothing else is touched"
    # By hand on a box that shall not have it: it goes; on the one that has it: what has no end goes.
    one.ip("addr", "add", f"{V4}/24", "dev", "eth0")
    await until(lambda: not one.has(V4), 1, "removed")
    await holder.do("hold", 5_000)
    one.ip("addr", "add", f"{V4}/24", "dev", "eth0")
    await until(lambda: "forever" not in one.ip("addr", "show", "to", V4), 1, "removed")
    assert one.has(V4)
    assert not (await holder.do("drop"))["held"]


async def test_an_ipv6_address_is_of_use_at_once_and_never_our_own_source(
    agent: Start, one: Machine, client: Machine
) -> None:
    one.set("net.ipv6.ip_nonlocal_bind=0")  # so that binding shows that it is there
    holder = await agent(one)
    await holder.do("hold", 4_000)
    await holder.do("listen")
    with client.inside(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM)) as calling:
        calling.settimeout(10)
        await asyncio.to_thread(calling.connect, (V6, PORT))
    for there in (client.address6, client.address):
        assert f"src {V6}" not in (said := one.ip("route", "get", there)), said
        assert f"src {V4}" not in said
    one.set("net.ipv6.ip_nonlocal_bind=1")


async def test_somebody_else_who_has_the_address_is_found_before_and_while_it_is_held(
    agent: Start, one: Machine, two: Machine, client: Machine
) -> None:
    async def found(machine: Machine, addresses: tuple[str, str], shared: str) -> None:
        client.ip("addr", "add", shared, "dev", "eth0", *(["nodad"] if ":" in shared else []))
        holder = await agent(machine, *addresses)
        assert not holder.said[-1]["conflict"], "nobody wanted to know"
        holder.tell("probe")
        await holder.sees(1, conflict=True)
        assert f"{client.mac.hex(':')} also answers for the service address {shared.partition('/')[0]}" in holder.log
        holder.tell("renew", 4_000)
        await until(lambda: machine.has(addresses[0]), 2, "taken all the same: whether to is not for this part to say")
        assert holder.said[-1]["conflict"]
        client.ip("addr", "del", shared, "dev", "eth0")
        await holder.sees(4, conflict=False, held=True)

    await asyncio.gather(found(one, (V4, V6), f"{V4}/32"), found(two, OTHERS, f"{OTHERS[1]}/128"))


async def test_somebody_else_who_uses_the_address_is_found_by_what_he_says(
    agent: Start, one: Machine, client: Machine
) -> None:
    holder = await agent(one)
    holder.tell("renew", 4_000)
    await until(lambda: one.has(V4), 2, "it is there")
    await asyncio.sleep(0.6)  # the probes are over; the next is ten seconds away
    client.ip("addr", "add", f"{V4}/32", "dev", "eth0")
    client.ip("neigh", "flush", "dev", "eth0")
    client.touch(one.address, own=V4)
    await holder.sees(1, conflict=True)
    client.ip("addr", "del", f"{V4}/32", "dev", "eth0")


async def test_the_loss_of_gateway_or_carrier_is_noticed_and_blips_are_not(
    agent: Start, one: Machine, two: Machine, router: Machine
) -> None:
    by_arp, by_discovery = await asyncio.gather(
        agent(one, gateway=router.address), agent(two, *OTHERS, gateway=router.address6)
    )
    router.cut()
    one.cut()
    await asyncio.sleep(0.3)
    one.mend()
    await asyncio.sleep(0.7)
    router.mend()
    await asyncio.sleep(2.2)  # longer than what was left of the limit
    assert all(said["gateway"] for said in (*by_arp.said, *by_discovery.said))
    cut = boot_ms()
    router.cut()
    for watcher in (by_arp, by_discovery):
        lost = await watcher.sees(5, gateway=False)
        assert lost["at"] - cut >= 1_900, "one answer that got lost"
    router.mend()
    await asyncio.gather(by_arp.sees(6, gateway=True), by_discovery.sees(6, gateway=True))
    one.cut()
    await by_arp.sees(2, gateway=False)
    one.mend()
    assert by_discovery.said[-1]["gateway"], "its carrier was there all the time"
