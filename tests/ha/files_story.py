"""Whole boxes: the plug of the active one is pulled, and what was recorded on it is played from the other."""

import contextlib
import hashlib
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from appliance.clock import boot_ms
from appliance.webadmin.sessions import COOKIE
from tests.center import QUEUE_DID, TOKEN, Center, Plan
from tests.desk_client import DeskClient
from tests.ha.whole import WholePair
from tests.sip.callers import callers
from tests.sip.network import Host
from tests.sip.phone import Phone
from tests.sip.waiting import until
from tests.tones import tone

NETWORK, CARRIER, PHONES = "10.99.8.0/24", "10.99.8.21", "10.99.8.41"
FOLDER = "/var/lib/hcc/recordings"
KEYS = ("/var/lib/hcc/secrets/web-phone.key", "/var/lib/hcc/secrets/webcti-token.key", "/var/lib/hcc/tls/appliance.key")

pytestmark = [pytest.mark.req("REC-2", "HA-4"), pytest.mark.timeout(400)]


@pytest.fixture
def pair() -> Iterator[WholePair]:
    with WholePair("hccfile", NETWORK, tell=print) as pair:
        pair.make()
        yield pair


@pytest.fixture
async def phones(pair: WholePair) -> AsyncIterator[tuple[Host, Host]]:
    """Machines of the carrier and of the agents' telephones."""
    with contextlib.ExitStack() as machines:
        made = [Host(pair.bridge.name, address) for address in (CARRIER, PHONES)]
        for machine in made:
            machines.callback(machine.close)
        yield made[0], made[1]


class Files:
    """What is known of recordings on a box, by its database and on its disk."""

    def __init__(self, pair: WholePair, name: str) -> None:
        self.box = pair.box(name)
        self.center = Center(self.box, Plan(box=pair.service, carrier=CARRIER), postgresql=True)

    def rows(self, caller: str) -> list[dict[str, Any]]:
        columns = "r.id, r.status, r.file, r.size_bytes, r.sha256, r.copies, r.salvaged, r.milliseconds, i.outcome"
        joined = "recording r JOIN interaction i ON i.id = r.interaction_id"
        return self.center.query(f"SELECT {columns} FROM {joined} WHERE i.caller = '{caller}'")

    def has(self, row: dict[str, Any]) -> bool:
        path = self.box.path(f"{FOLDER}/{row['file']}")
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]


async def test_recordings_are_played_from_the_other_box(pair: WholePair, phones: tuple[Host, Host]) -> None:
    first, second = (Files(pair, name) for name in (pair.active(), pair.other(pair.active())))
    first.center.seed()
    await first.center.ready()
    carrier, desk = phones
    async with (
        Phone(desk, "8001", pair.service, secret="secret-8001", says=tone(700, 60), answers=True) as telephone,
        DeskClient(pair.service, f"{TOKEN}-agent1") as agent,
        callers(carrier, pair.service, 400) as call,
    ):
        await agent.work()
        patient = await call("13900000001")
        await patient.dial(QUEUE_DID)
        await agent.state("talking")
        await until(lambda: telephone.heard(3.0).size, 8, "they talk")
        await patient.hang_up()
        await agent.write_up()
        await agent.state("ready")
        began = boot_ms()
        (row,) = await until(
            lambda: [one for one in second.rows("13900000001") if one["copies"] == 2], 10, "two copies"
        )
        print(f"two copies {boot_ms() - began} ms after the form")
        assert first.has(row)
        assert second.has(row)
        keys = [box.run("sha256sum", *KEYS) for box in (first.box, second.box)]
        assert keys[0] == keys[1]

        patient = await call("13900000002")
        await patient.dial(QUEUE_DID)
        await agent.state("talking")
        tails = second.box.path(f"{FOLDER}/.tails")
        await until(lambda: sum(tail.stat().st_size for tail in tails.glob("*.raw")) > 160_000, 20, "a tail of 5 s")
        print(pair.status())
        first.box.power_off()
    await until(lambda: pair.active() == second.box.name, 30, "the other one is active")
    saved = await until(lambda: [one for one in second.rows("13900000002") if one["status"] == "ready"], 30, "saved")
    print(f"saved: {saved[0]}")
    assert saved[0]["salvaged"]
    assert saved[0]["milliseconds"] >= 5_000
    for caller in ("13900000001", "13900000002"):
        (row,) = second.rows(caller)
        assert second.has(row)
        await until(lambda row=row: _played(pair, row), 15, "it is played")

    first.box.boot()
    pair.in_step()
    await until(lambda: all(one["copies"] == 2 for one in second.rows("13900000002")), 30, "two copies of it, too")
    (whole,) = second.rows("13900000002")
    print(f"completed: {whole}")
    assert whole["milliseconds"] >= saved[0]["milliseconds"]
    assert not whole["salvaged"]
    assert first.has(whole)
    assert second.has(whole)
    print(pair.status())


def _played(pair: WholePair, row: dict[str, Any]) -> bool:
    """As the manager's browser fetches it from the service address."""
    path = f"/calls/{row['id'].rpartition('-')[0]}/recording/{row['id']}"
    request = urllib.request.Request(pair.url + path, headers={"Cookie": f"{COOKIE}={TOKEN}-manager"})
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5, context=anybody) as answer:
        return hashlib.sha256(answer.read()).hexdigest() == row["sha256"]
    return False
