"""What is sent to the PBX for one call: in the order of asking, whether answers are waited for or not."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.control.commands import Commands
from appliance.pbx.ari import AriError


class Exchange:
    """Notes what it is asked in the order of coming and answers when told to."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.unanswered: dict[int, asyncio.Future[None]] = {}

    def request(self, number: int) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            self.asked.append(number)
            self.unanswered[number] = asyncio.get_running_loop().create_future()
            await self.unanswered[number]

        return ask

    def answer(self, number: int) -> None:
        self.unanswered.pop(number).set_result(None)


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_requests_reach_the_exchange_in_the_order_of_asking(waits: list[bool], chance: object) -> None:
    """Each is waited for or not; answers come in any order."""

    async def run() -> None:
        exchange, commands = Exchange(), Commands()
        for number, waited_for in enumerate(waits):
            (commands.add if waited_for else commands.send)("call", exchange.request(number))
            if chance.random() < 0.5:  # type: ignore[attr-defined]
                await _settle()
        while commands.busy:
            await _settle()
            open_before = [number for number in exchange.unanswered if waits[number]]
            assert len(open_before) <= 1, "nothing that is waited for goes on beside another"
            if exchange.unanswered:
                exchange.answer(chance.choice(list(exchange.unanswered)))  # type: ignore[attr-defined]
        assert exchange.asked == list(range(len(waits)))

    asyncio.run(run())


def test_what_is_sent_does_not_wait_for_answers() -> None:
    async def run() -> None:
        exchange, commands = Exchange(), Commands()
        for number in range(3):
            commands.send("call", exchange.request(number))
        assert exchange.asked == [0, 1, 2], "all of them before the event loop goes on"
        commands.add("call", exchange.request(3))
        commands.send("call", exchange.request(4))
        await _settle()
        assert exchange.asked == [0, 1, 2, 3], "the fourth is waited for"
        exchange.answer(3)
        await _settle()
        assert exchange.asked == [0, 1, 2, 3, 4]
        assert commands.busy == {"call"}
        for number in (0, 1, 2, 4):
            exchange.answer(number)
        await commands.drain("call")
        await _settle()
        assert not commands.busy

    asyncio.run(run())


def test_a_refusal_of_what_was_sent_is_logged_and_the_line_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def refused() -> None:
        raise AriError(500, "no")

    async def run() -> None:
        exchange, commands = Exchange(), Commands()
        commands.send("call", refused)
        assert not commands.busy
        commands.send("call", exchange.request(0))
        assert exchange.asked == [0]
        await commands.close()
        assert not commands.busy

    asyncio.run(run())
    assert [record.getMessage() for record in caplog.records] == ["call call: 500 no"]
