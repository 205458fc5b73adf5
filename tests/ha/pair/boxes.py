"""Two boxes and a witness, each a network namespace on a bridge; the boxes have a direct link too.

`Box` is what systemd and the power switch are on a whole box: it starts the agent anew when it dies, kills it when its
watchdog is not fed, and can take power and cables away.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from appliance.clock import boot_ms
from appliance.ha.agent.status import Report
from appliance.ha.agent.wishes import PeopleWishes
from appliance.ha.etcd.client import EtcdClient
from appliance.ha.postgres.server import works_in
from tests.box import Bridge
from tests.ha.address_lab import Machine
from tests.ha.etcd_cluster import PASSWORD, Cluster, EtcdMember
from tests.ha.pair.watchdog import Hardware
from tests.sip.waiting import until

BRIDGE, SERVICE = "hcc-pair", "10.96.0.100"
SEATS = {"n1": "10.96.0.11", "n2": "10.96.0.12", "w": "10.96.0.13"}
DIRECT = {"n1": "10.97.0.11", "n2": "10.97.0.12"}
AGENT_PASSWORD = "not-the-roots"
WATCHDOG_SECONDS = 3.0
ROOT = Path(__file__).parents[3]


class Box:
    def __init__(self, machine: Machine, name: str, folder: Path, member: EtcdMember) -> None:
        self.machine, self.name, self.folder, self.member = machine, name, folder, member
        self.process: asyncio.subprocess.Process | None = None
        self._minding: asyncio.Task[None] | None = None
        self._powered = False
        self._resetting: asyncio.Task[None] | None = None
        self.hardware = Hardware(folder / "watchdog0")

    # -- power and cables ------------------------------------------------------------------------------

    def start(self) -> None:
        self._powered = True
        self._minding = asyncio.create_task(self._mind())
        self.hardware.power_on(self._reset)

    def _reset(self) -> None:
        self._resetting = asyncio.create_task(self._restart())

    async def _restart(self) -> None:
        await self.power_off()
        self.power_on()

    async def power_off(self) -> int:
        """Everything at once; returns when (BOOTTIME ms)."""
        self._powered = False
        self.hardware.power_off()
        self.machine.cut()
        with contextlib.suppress(AssertionError):
            self.machine.ip("link", "set", "direct", "down")
        at = boot_ms()
        self.kill_agent()
        self.member.kill()
        if self._minding is not None:
            await self._minding
        await until(lambda: not works_in(self.folder / "home/18"), 3, f"{self.name}: its database is dead")
        with contextlib.suppress(AssertionError):
            self.machine.ip("addr", "del", f"{SERVICE}/32", "dev", "eth0")
        return at

    async def close(self) -> None:
        if self._resetting is not None:
            await asyncio.wait([self._resetting], timeout=10)
        await self.power_off()
        self.hardware.close()
        self.unmount_disk()

    def power_on(self) -> None:
        self.machine.mend()
        self.machine.ip("link", "set", "direct", "up")
        self.member.start()
        self.start()

    def isolate(self) -> int:
        """The network drops everything in silence, the direct link too; nobody sees a carrier go."""
        self._port_state(0)
        self.machine.ip("link", "set", "direct", "down")
        return boot_ms()

    def mount_disk(self) -> None:
        """A small one of its own, which the agent looks after beside that of the database."""
        words = ["mount", "-t", "tmpfs", "-o", "size=64k", f"disk-{self.name}", str(self.folder / "disk")]
        subprocess.run(words, check=True, timeout=5)

    def unmount_disk(self) -> None:
        subprocess.run(["umount", str(self.folder / "disk")], check=False, timeout=5)

    def make_disk_read_only(self) -> int:
        """As a kernel does that meets an error of the disk."""
        self._remount("ro")
        return boot_ms()

    def repair_disk(self) -> None:
        """By a person, who then starts the agent anew."""
        self._remount("rw")
        self.end_agent()

    def _remount(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.folder / "disk")], check=True, timeout=5)

    def rejoin_network(self) -> None:
        self._port_state(3)
        self.machine.ip("link", "set", "direct", "up")

    def _port_state(self, state: int) -> None:
        subprocess.run(["bridge", "link", "set", "dev", self.machine.link, "state", str(state)], check=True, timeout=5)

    # -- the agent -------------------------------------------------------------------------------------

    def kill_agent(self) -> int:
        self._signal(signal.SIGKILL)
        return boot_ms()

    def end_agent(self) -> int:
        """As for an upgrade or a reboot."""
        self._signal(signal.SIGTERM)
        return boot_ms()

    def freeze_agent(self) -> int:
        self._signal(signal.SIGSTOP)
        return boot_ms()

    def thaw_agent(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.returncode is None:
            os.kill(self.process.pid, number)

    async def _mind(self) -> None:
        """What systemd does: start, watch, start anew."""
        while self._powered:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
                path = self.folder / "notify"
                path.unlink(missing_ok=True)
                told.bind(str(path))
                told.setblocking(False)
                await self._run_agent(told, path)
            await asyncio.sleep(0.3)

    async def _run_agent(self, told: socket.socket, path: Path) -> None:
        words = self.machine.command(sys.executable, "-m", "tests.ha.pair.node", str(self.folder))
        watched = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6))}
        with (self.folder / "agent.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *words, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=os.environ | watched
            )
        feeding, ending = asyncio.create_task(self._watch(told)), asyncio.create_task(self.process.wait())
        await asyncio.wait({feeding, ending}, return_when=asyncio.FIRST_COMPLETED)
        feeding.cancel()
        self.kill_agent()
        await ending

    async def _watch(self, told: socket.socket) -> None:
        """Returns when the watchdog was not fed in time."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            while True:
                await asyncio.wait_for(loop.sock_recv(told, 256), WATCHDOG_SECONDS)

    # -- what it says ----------------------------------------------------------------------------------

    async def report(self) -> Report | None:
        try:
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_unix_connection(self.folder / "ha.sock")
                said = await reader.read()
                writer.close()
            return msgspec.json.decode(said, type=Report | None)
        except OSError, TimeoutError, msgspec.DecodeError:
            return None

    def said(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join((self.folder / "agent.log").read_text(errors="replace").splitlines()[-40:])
        return ""


class Pair:
    """Everything; `clients` is a machine of its own on the same bridge."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bridge = Bridge(BRIDGE, "10.96.0.1/24")
        self._bridge.open()
        self.machines = {name: Machine(BRIDGE, address) for name, address in SEATS.items()}
        self.clients = Machine(BRIDGE, "10.96.0.50")
        self._lay_direct_link()
        inside = {name: machine.command() for name, machine in self.machines.items()}
        self.cluster = Cluster(folder, SEATS, inside)
        members = {member.name: member for member in self.cluster.members}
        self.witness = members["w"]
        for name in DIRECT:
            (folder / name / "pki").mkdir(parents=True)
        self.boxes = {name: Box(self.machines[name], name, folder / name, members[name]) for name in DIRECT}
        for name in DIRECT:
            self._furnish(name)

    def _lay_direct_link(self) -> None:
        one, two = (self.machines[name].name for name in DIRECT)
        words = ["link", "add", "direct", "netns", one, "type", "veth", "peer", "name", "direct", "netns", two]
        subprocess.run(["ip", *words], check=True, timeout=5)
        for name, address in DIRECT.items():
            machine = self.machines[name]
            machine.ip("addr", "add", f"{address}/24", "dev", "direct")
            machine.ip("link", "set", "direct", "up")
            machine.set("net.ipv4.ip_nonlocal_bind=1")

    def _furnish(self, name: str) -> None:
        folder, files = self.folder / name, self.cluster.certificates
        pki = folder / "pki"
        for file, target in ((files.authority, "ca.pem"), (files.certificate, "member.pem"), (files.key, "member.key")):
            shutil.copy(file, pki / target)
        (pki / "etcd.password").write_text(AGENT_PASSWORD)
        (pki / "root.password").write_text(PASSWORD)
        (folder / "disk").mkdir()
        self.boxes[name].mount_disk()
        for part in ("home", "sockets"):
            (folder / part).mkdir()
            shutil.chown(folder / part, "postgres", "postgres")
        for parent in (folder, *folder.parents[:-2]):
            parent.chmod(0o755)
        self.know(name, *(who for who in SEATS if who != name))

    def know(self, name: str, *others: str) -> None:
        """What that box's file says of the members."""
        members = [{"name": who, "part": "box" if who in DIRECT else "witness", "address": SEATS[who]}
                   | ({"direct": DIRECT[who]} if who in DIRECT else {}) for who in (name, *others)]  # fmt: skip
        folder = self.folder / name
        lines = ['name = "ward"', f'me = "{name}"', 'etcd_user = "hcc"', f'pki = "{folder / "pki"}"']
        for member in members:
            lines += ["[[members]]", *(f'{key} = "{value}"' for key, value in member.items())]
        lines += ["[service]", 'interface = "eth0"', f'v4 = "{SERVICE}"', 'gateway = "10.96.0.1"']
        part = folder / "cluster.part"
        part.write_text("\n".join(lines))
        part.replace(folder / "cluster.toml")

    async def start_etcd(self) -> None:
        await self.cluster.start()
        for words in (
            ("user", "add", f"hcc:{AGENT_PASSWORD}"),
            ("role", "add", "hcc"),
            ("role", "grant-permission", "hcc", "--prefix=true", "readwrite", "/hcc/"),
            ("user", "grant-role", "hcc", "hcc"),
        ):
            await asyncio.to_thread(self.cluster.etcdctl, *words)

    @contextlib.asynccontextmanager
    async def wishes(self) -> AsyncIterator[PeopleWishes]:
        access = self.cluster.access(user="hcc", password=AGENT_PASSWORD)
        async with EtcdClient(access) as etcd:
            yield PeopleWishes(etcd, "a test")

    async def reports(self) -> dict[str, Report | None]:
        return {name: await box.report() for name, box in self.boxes.items()}

    async def redundant(self, active: str, seconds: float = 15) -> None:
        """That box serves, and the other has everything."""

        async def is_so() -> bool:
            report = await self.boxes[active].report()
            own = report.own if report is not None else None
            return own is not None and own.active and own.sync.standby not in {None, active} and own.postgres.caught_up

        try:
            await until(is_so, seconds, f"{active} is active and the other has everything")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await self.story()}") from None

    async def story(self) -> str:
        """For whoever reads why a test failed."""
        told: list[str] = []
        for name, box in self.boxes.items():
            report: Any = msgspec.to_builtins(await box.report())
            told.append(f"--- {name}: {json.dumps(report['own'] if report else None)}\n{box.said()}")
        return "\n".join(told)

    async def close(self) -> None:
        for box in self.boxes.values():
            await box.close()
        self.cluster.stop()
        for machine in (*self.machines.values(), self.clients):
            machine.close()
        self._bridge.close()
