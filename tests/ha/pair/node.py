"""The agent of a box in a test: all of it is the product's but the services, which are one small process.

`node.py FOLDER`, on the box's machine. What it starts dies with it, as systemd's BindsTo= makes it on a whole box.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from appliance import journal
from appliance.ha import cluster_file
from appliance.ha.address.service_address import ServiceAddress
from appliance.ha.address.uplink import Uplink
from appliance.ha.address.watchdog import Watchdog
from appliance.ha.agent.assembly import Surroundings, assemble, own_access
from appliance.ha.agent.guard import Guard
from appliance.ha.cluster_file import Cluster, WatchdogMode
from appliance.ha.decision import model
from appliance.ha.decision.timing import Timing
from appliance.ha.postgres.controller import Postgres
from appliance.ha.postgres.layout import Ends, Layout
from appliance.ha.postgres.server import ChildServer
from appliance.ha.provision.wish_socket import WishSocket
from tests.ha.pair.watchdog import FifoDevice

TIMING = Timing(joined_ms=1_000, stable_ms=1_000, ready_ms=2_000)
"""A test has no time to see a standby steady for 30 s, and ready after five minutes."""


class ProcessServices:
    name = "services"

    def __init__(self, folder: Path, node: str) -> None:
        self.changed = lambda: None
        self._words = ("setpriv", "--pdeathsig=KILL", sys.executable, "-m", "tests.ha.pair.service", str(folder), node)
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._ready = False
        self._log = (folder / "service.log").open("ab")

    def seen(self) -> model.Services:
        alive = self._process is not None and self._process.returncode is None
        idle = self._starting is None or self._starting.done()
        return model.Services(running=alive and self._ready, stopped=idle and not alive, failed=False)

    def start(self) -> None:
        if self.seen().stopped:
            self._starting = asyncio.create_task(self._start())

    async def _start(self) -> None:
        self._ready = False
        self._process = await asyncio.create_subprocess_exec(*self._words, stdin=DEVNULL, stdout=PIPE, stderr=self._log)
        assert self._process.stdout is not None
        self._ready = bool(await self._process.stdout.readline())
        self.changed()

    def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def refuse_calls(self) -> None:
        pass

    async def open(self) -> None:
        pass

    async def run(self) -> None:
        """Tells that it has ended."""
        while True:
            if self._process is not None:
                await self._process.wait()
                self._process = None
                self.changed()
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        self.stop()


async def main(folder: Path) -> None:
    def members() -> Cluster:
        found = cluster_file.load(folder / "cluster.toml")
        assert found is not None
        return found

    cluster = members()
    layout = Layout(home=folder / "home", sockets=folder / "sockets")
    postgres = Postgres(Ends.of(cluster), ChildServer(layout), layout)
    if (folder / "first").exists():
        await postgres.initialise()
    uplink = Uplink(cluster.service, cluster.own.address)
    around = Surroundings(
        postgres=postgres,
        services=ProcessServices(folder, cluster.me),
        address=ServiceAddress(cluster.service, uplink),
        uplink=uplink,
        guard=Guard(Watchdog(WatchdogMode.REQUIRED, path=folder / "watchdog0", opened=FifoDevice)),
        disks=(folder / "disk", folder / "home"),
        file=folder / "cluster.toml",
        socket=folder / "ha.sock",
        forced=folder / "force-active",
        version="test",
        timing=TIMING,
        also=(WishSocket(members, own_access, status=folder / "ha.sock", path=folder / "wish.sock"),),
    )
    await assemble(cluster, around).run()


if __name__ == "__main__":
    journal.configure_logging()
    asyncio.run(main(Path(sys.argv[1])))
