"""A pair and its witness with a small call centre, and the machines around it."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from tests.box import Box
from tests.center import MENU_DID, TOKEN, Center, Plan
from tests.desk_client import DeskClient
from tests.ha.address_lab import Machine
from tests.ha.whole import WholePair

NETWORK = "10.99.8.0/24"
CARRIER, WATCHING = "10.99.8.21", "10.99.8.31"
AT_TABLE = {"state": "busy", "cause": "meal"}
"""What the agent is before, and shall be after each fault."""


class Ground:
    """Where faults are tried: open it once, then one fault after the other."""

    def __init__(self, bridge: str, tell: Callable[[str], None]) -> None:
        self.pair = WholePair(bridge, NETWORK, tell=tell)
        self._series = itertools.count(1)
        self._around = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as around:
            around.enter_context(self.pair)
            self._form()
            bridge = self.pair.bridge.name
            self.carrier, self.watching = Machine(bridge, CARRIER), Machine(bridge, WATCHING)
            around.callback(self.carrier.close)
            around.callback(self.watching.close)
            self._around = around.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._around.close()

    def _form(self) -> None:
        self.pair.make()
        center = self.center()
        center.seed()
        asyncio.run(self._sit_down(center))

    async def _sit_down(self, center: Center) -> None:
        await center.ready()
        async with DeskClient(self.pair.service, f"{TOKEN}-agent1") as agent:
            await agent.verb("sign_in", phone="sip")
            await agent.verb("busy", cause=AT_TABLE["cause"])
            await agent.state(AT_TABLE["state"])

    # -- the pair ------------------------------------------------------------------------------------------

    def box(self, name: str) -> Box:
        return self.pair.box(name)

    def center(self) -> Center:
        """The call centre, on the box that is active."""
        plan = Plan(box=self.pair.service, carrier=CARRIER, mass_callers="10.99.8.22")
        return Center(self.box(self.pair.active()), plan, postgresql=True)

    def whole(self) -> None:
        """Wait until the standby could take over; what damps fail-overs starts anew, by a person's command."""
        active = self.pair.active()
        if active:
            self.box(active).run("hcc", "cluster", "clear-hold", check=False)
        self.pair.in_step()

    def next_series(self) -> int:
        """A name for the next calls that nobody has had."""
        return next(self._series)

    @property
    def number(self) -> str:
        return MENU_DID


@contextlib.contextmanager
def all_of(blocks: list[contextlib.AbstractContextManager[object]]) -> Iterator[None]:
    with contextlib.ExitStack() as around:
        for block in blocks:
            around.enter_context(block)
        yield
