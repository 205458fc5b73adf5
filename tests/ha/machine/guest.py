"""Runs in the virtual machine: the lease and the watchdog as the agent has them; then it stands still.

guest.py FOLDER process|kernel: what stands still.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from appliance import journal
from appliance.clock import boot_ms
from appliance.ha.address.watchdog import Watchdog
from appliance.ha.agent.guard import Guard
from appliance.ha.agent.keys import LeaderValue
from appliance.ha.agent.leading import Leadership
from appliance.ha.cluster_file import WatchdogMode
from appliance.ha.decision.actions import Campaign
from appliance.ha.decision.model import Cause
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.etcd.link import Access, Certificates
from appliance.secret import Secret
from tests.ha.etcd_cluster import PASSWORD, USER
from tests.ha.machine.vm import OUTSIDE

SERVES_MS = 4_000


def access(folder: Path, host: str) -> Access:
    files = Certificates(folder / "ca.pem", folder / "all.pem", folder / "all.key")
    return Access([f"https://{host}:2379"], files, USER, Secret(PASSWORD))


def stand_still(what: str) -> None:
    print("stands still", flush=True)
    if what == "kernel":
        Path("/proc/sysrq-trigger").write_text("c", encoding="ascii")
    os.kill(os.getpid(), signal.SIGSTOP)


async def main(folder: Path, what: str) -> None:
    guard = Guard(Watchdog(WatchdogMode.REQUIRED))
    guard.rest()
    print(f"watchdog {guard.view().state}: {guard.view().device}", flush=True)
    changed, own = asyncio.Event(), access(folder, OUTSIDE)
    async with EtcdClient(own) as etcd:
        leadership = Leadership(own, etcd, LeaderValue("machine", "run"), changed.set, wrote=changed.set)
        leadership.campaign(Campaign(0, 0, Cause.FIRST_START), None)
        since = 0
        while not since or boot_ms() - since < SERVES_MS:
            if lease := leadership.seen():
                guard.feed(lease.until)
                since = since or boot_ms()
            await asyncio.sleep(0.2)
        print(f"leads, watchdog {guard.view().state}", flush=True)
        stand_still(what)


if __name__ == "__main__":
    journal.configure_logging()
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
