"""WebCTI's share of the program's time: work for programs begins at once, and never takes more than its part."""

import asyncio
import time
from pathlib import Path

import pytest

from appliance import db, schema
from appliance.callcenter.integrations.errors import BadKeyError
from appliance.callcenter.integrations.requests import Requests
from appliance.callcenter.integrations.share import Share

PIECE_SECONDS = 0.002


def work() -> None:
    until = time.monotonic() + PIECE_SECONDS
    while time.monotonic() < until:
        pass


@pytest.mark.req("CTI-4")
async def test_who_comes_first_is_served_at_once() -> None:
    async with asyncio.timeout(1):
        await Share(part=0.0001).turn()


@pytest.mark.req("CTI-4")
async def test_what_is_more_than_the_share_waits_in_the_order_of_coming_while_others_work_on() -> None:
    share, order = Share(part=0.2, at_once_seconds=0.004), []

    async def ask(number: int) -> None:
        await share.turn()
        with share.spending():
            work()
        order.append(number)

    started = time.monotonic()
    asking = [asyncio.create_task(ask(number)) for number in range(25)]
    turns = 0
    while not all(task.done() for task in asking):
        await asyncio.sleep(0.001)
        turns += 1
    seconds = time.monotonic() - started
    assert order == sorted(order)
    assert seconds >= (25 * PIECE_SECONDS - 0.004 - PIECE_SECONDS) / 0.2
    assert turns > 25, "the loop was free in between"


@pytest.mark.req("CTI-4", "SEC-1")
async def test_request_with_a_key_deleted_just_now_is_one_with_a_bad_key(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/hcc.db"
    await asyncio.to_thread(schema.upgrade, url)
    engine = db.open_engine(url)
    with pytest.raises(BadKeyError):
        await Requests(db.sessions(engine)).claim(4711, "request-1", {"verb": "dial"})
    await engine.dispose()
