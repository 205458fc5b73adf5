"""A machine that stands still is reset by its watchdog before the other one leads; `make qemu`.

The machine is a virtual one with Debian's kernel: softdog is a timer of that kernel and outlives the agent, i6300esb is
a device of its own and outlives the kernel too. Lease, leader key and watchdog are the product's, etcd is real.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.clock import boot_ms
from appliance.ha.agent import keys
from appliance.ha.agent.keys import LeaderValue
from appliance.ha.agent.leading import Leadership
from appliance.ha.decision.actions import Campaign
from appliance.ha.decision.model import Cause
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.link import Access
from tests.ha.etcd_cluster import Cluster
from tests.ha.machine.guest import access
from tests.ha.machine.vm import OUTSIDE, VirtualMachine
from tests.sip.waiting import until

HERE = "127.0.0.1"
LEASE_MS = 5_000

pytestmark = [pytest.mark.req("HA-1"), pytest.mark.timeout(240)]


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    cluster = Cluster(tmp_path, {"m1": HERE}, known_as=[OUTSIDE])
    try:
        await cluster.start()
        yield tmp_path
    finally:
        cluster.stop()


@pytest.mark.parametrize(("driver", "what"), [("softdog", "process"), ("i6300esb", "kernel")])
async def test_a_machine_that_stands_still_is_reset_before_another_leads(folder: Path, driver: str, what: str) -> None:
    own = access(folder, HERE)
    with VirtualMachine(folder, driver, "tests.ha.machine.guest", str(folder), what) as machine:
        await machine.says("watchdog ready", 40)
        await machine.says("leads, watchdog counts", 30)
        struck = await machine.says("stands still", 5)
        async with EtcdClient(own) as etcd:
            led = await _when_free(etcd, own)
        await until(lambda: machine.ended_at, 3, "the machine is reset")
        reset = machine.ended_at - struck
        print(f"{driver}: the {what} stood still, reset after {reset} ms, another led after {led - struck} ms")
        assert machine.ended_at <= led, "two machines led"
        assert reset <= LEASE_MS


async def _when_free(etcd: EtcdClient, own: Access) -> int:
    """The other box: takes the key when nobody has it. Returns when it leads."""
    changed = asyncio.Event()
    leadership = Leadership(own, etcd, LeaderValue("other", "run"), changed.set, wrote=changed.set)

    async def is_free() -> bool:
        return await etcd.get(keys.LEADER) is None

    await until(is_free, 8, "nobody leads")
    leadership.campaign(Campaign(0, 0, Cause.PEER_GONE), None)
    await until(leadership.seen, 5, "the other leads", pause_seconds=0.01)
    led = boot_ms()
    leadership.release()
    await leadership.close()
    return led
