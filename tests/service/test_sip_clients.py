"""The clients that prove everything else must themselves be proven: two telephones without a box between."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.box import Bridge
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import tone, tone_level

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Host, Host]]:
    with Bridge("hcct0", "10.79.0.1/24"):
        one, other = Host("hcct0", "10.79.0.11"), Host("hcct0", "10.79.0.12")
        yield one, other
        one.close()
        other.close()


@pytest.fixture
async def phones(hosts: tuple[Host, Host]) -> AsyncIterator[tuple[Phone, Phone]]:
    one = Phone(hosts[0], "alice", hosts[1].address, says=tone(400, 60))
    other = Phone(hosts[1], "bob", hosts[0].address, says=tone(700, 60))
    async with one, other:
        yield one, other


async def test_two_telephones_hear_each_other_and_keys_arrive(phones: tuple[Phone, Phone]) -> None:
    alice, bob = phones
    await alice.dial("bob")
    await bob.rings()
    await bob.answer()
    await asyncio.gather(alice.talks(), bob.talks())
    await until(lambda: tone_level(alice.heard(0.5), 8000, 700) > -25, 5, "alice hears bob")
    await until(lambda: tone_level(bob.heard(0.5), 8000, 400) > -25, 5, "bob hears alice")
    assert tone_level(alice.heard(), 8000, 400) < -50
    await alice.press("1#")
    await until(lambda: bob.count("CALL_DTMF_START") == 2, 5, "both keys arrive")
    await bob.say(tone(1000, 30))
    await alice.listen_anew()
    await until(lambda: tone_level(alice.heard(0.5), 8000, 1000) > -25, 5, "alice hears the other tone")
    await alice.hang_up()
    await asyncio.gather(alice.ended(), bob.ended())


async def test_refused_call_ends_with_busy(phones: tuple[Phone, Phone]) -> None:
    alice, bob = phones
    await alice.dial("bob")
    await bob.rings()
    await bob.hang_up()
    assert "486" in (await alice.ended()).detail
