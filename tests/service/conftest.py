"""One booted box with a small call centre for all service tests, and whatever stands around it."""

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator

import pytest

from tests.box import Box, Bridge
from tests.center import Center, Plan
from tests.desk_client import DeskClient
from tests.sip.callers import MakePhone, callers
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.tones import Samples, tone

type MakeDesk = Callable[..., Awaitable[DeskClient]]

PLAN = Plan()
AGENT_TONE, CALLER_TONE = 700.0, 400.0


@pytest.fixture(scope="session")
def service_bridge() -> Iterator[Bridge]:
    with Bridge("hccsvc", "10.97.0.1/24") as bridge:
        yield bridge


@pytest.fixture(scope="session")
async def center(service_bridge: Bridge, carrier_line: Carrier) -> AsyncIterator[Center]:
    with Box("svc", PLAN.box, service_bridge, persist=True) as box:
        box.boot()
        box.wait_running()
        center = Center(box, PLAN)
        center.seed()
        await center.ready()
        yield center


class Carrier:
    """The far end of the trunk. It is always on, else the trunk would be out."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.phone: Phone | None = None

    async def start(self) -> Phone:
        """The telephone at which calls to outside numbers arrive; another one when it crashed."""
        if self.phone is not None and self.phone.crashed:
            await self.phone.stop()
            self.phone = None
        if self.phone is None:
            self.phone = Phone(self._host, "carrier", PLAN.box, says=tone(CALLER_TONE, 300))
            await self.phone.start()
        return self.phone


@pytest.fixture(scope="session")
async def carrier_line(hosts: Callable[[str], Host]) -> AsyncIterator[Carrier]:
    line = Carrier(hosts(PLAN.carrier))
    await line.start()
    yield line
    if line.phone is not None:
        await line.phone.stop()


@pytest.fixture
async def carrier(center: Center, carrier_line: Carrier) -> AsyncIterator[Phone]:
    """Calls to outside numbers ring here. Whatever a test has it say, afterwards it says its tone again."""
    phone = await carrier_line.start()
    await center.trunk_is_up()
    said = phone.says
    yield phone
    if phone.says != said:
        await phone.say_file(said)


@pytest.fixture(scope="session")
def hosts(service_bridge: Bridge) -> Iterator[Callable[[str], Host]]:
    """Machines by address, made when first asked for."""
    made: dict[str, Host] = {}

    def host(address: str) -> Host:
        if address not in made:
            made[address] = Host(service_bridge.name, address)
        return made[address]

    yield host
    for machine in made.values():
        machine.close()


QUIET = [
    r"Failed to read pids\.max",  # the container's control groups
    r"has no pvt!|func_channel_read: Unknown or unavailable item",  # asked about a leg that hung up just then
    r"app_control_remove_channel_from_bridge: .* not removing",  # hung up just then
    r"Session already DISCONNECTED",  # hung up at the moment of the answer
    r"playback_final_update: .* Playback failed",  # how Asterisk says that the caller hung up while it spoke
    r"WebSocket Transport Module.* registered during operation",  # the order of modules at the start of Asterisk
    r"Unable to add 'MixMonitor' spy",  # hung up before the recording began
]
"""Warnings that are always there and mean nothing."""


NOISE = re.compile(r"SecurityEvent=\"SuccessfulAuth|pids\.max|nginx\[\d+\]:|systemd\[1\]: (Scheduled|Starting|Stop)")
"""What a failing test need not show."""


class Announced:
    """What a test expects in the journal: `announced.add("regular expression")`."""

    def __init__(self) -> None:
        self.patterns = [re.compile(pattern) for pattern in QUIET]

    def add(self, *patterns: str) -> None:
        self.patterns += [re.compile(pattern) for pattern in patterns]

    def covers(self, line: str) -> bool:
        return any(pattern.search(line) for pattern in self.patterns)


@pytest.fixture
async def announced(center: Center) -> AsyncIterator[Announced]:
    """What the test expects; after it nothing is left of it, and the journal has no warning that it did not announce.

    Telephones and desktops depend on this, so that they are gone when it looks.
    """
    expected = Announced()
    since = center.box.run("date", "+%Y-%m-%d %H:%M:%S.%6N").strip()
    center.begin()
    yield expected
    await center.nothing_left()
    entries = center.box.journal(priority="warning", since=since)
    lines = [f"{entry.get('SYSLOG_IDENTIFIER', '')}: {entry.get('MESSAGE', '')}" for entry in entries]
    unannounced = [line for line in lines if not expected.covers(line)]
    assert not unannounced, "\n".join(unannounced)


@pytest.fixture
async def phone(center: Center, hosts: Callable[[str], Host], announced: Announced) -> AsyncIterator[MakePhone]:
    """Telephones on the desks: `await phone(8001)`; they are switched off after the test."""
    running: list[Phone] = []

    async def make(number: int, *, answers: bool = True, says: Samples | None = None) -> Phone:
        host = hosts(f"10.97.0.{number - 8000 + 100}")
        says = tone(AGENT_TONE, 120) if says is None else says
        made = Phone(host, str(number), center.box.address, secret=f"secret-{number}", answers=answers, says=says)
        running.append(made)
        return await made.start()

    yield make
    for made in running:
        await made.stop()


@pytest.fixture
async def caller(center: Center, hosts: Callable[[str], Host], announced: Announced) -> AsyncIterator[MakePhone]:
    """People who call from outside, each through the carrier's address: `await caller("13800000001")`."""
    async with callers(hosts(center.plan.carrier), center.box.address, CALLER_TONE) as make:
        yield make


@pytest.fixture
async def desk(center: Center, announced: Announced) -> AsyncIterator[MakeDesk]:
    """Desktops: `await desk("agent1")`; whoever still works goes home after the test."""
    opened: list[DeskClient] = []

    async def make(login: str, *, page: str = "desktop") -> DeskClient:
        client = center.desk(login, page)
        await client.connect()
        opened.append(client)
        return client

    yield make
    for client in opened:
        if client.closed_with is not None:
            await client.reconnect()
        if client.me:
            await client.go_home()
        await client.disconnect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the box said meanwhile."""
    report = yield
    center = getattr(item, "funcargs", {}).get("center")
    if report.failed and isinstance(center, Center):
        lines = center.box.journal_text(since=f"-{max(10, round(call.duration) + 3)} seconds").splitlines()
        said = [line for line in lines if not NOISE.search(line)]
        report.sections.append(("journal of the box", "\n".join(said[-60:])))
        with contextlib.suppress(sqlite3.OperationalError):  # the box is gone after the last test
            report.sections.append(("live state", "\n".join(center.live())))
    return report
