"""People outside: each call comes through the carrier's address, on a line of its own."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.tones import Samples, tone

type MakePhone = Callable[..., Awaitable[Phone]]


@contextlib.asynccontextmanager
async def callers(carrier: Host, box: str, hertz: float) -> AsyncIterator[MakePhone]:
    """`await make("13800000001")` makes one, who hums at `hertz`; all are switched off in the end."""
    running: list[Phone] = []

    async def make(number: str, *, answers: bool = False, says: Samples | None = None) -> Phone:
        says = tone(hertz, 120) if says is None else says
        made = Phone(carrier, number, box, answers=answers, says=says, line=len(running) + 1)
        running.append(made)
        return await made.start()

    try:
        yield make
    finally:
        for made in running:
            await made.stop()
