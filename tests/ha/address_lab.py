"""A hospital's network in small: machines on a bridge, each a network namespace; seen from outside."""

import asyncio
import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from appliance.clock import boot_ms
from appliance.ha.address import frames
from tests.sip.network import Host, end_process
from tests.sip.waiting import until

SYSCTLS = Path(__file__).parents[2] / "systemd/sysctl/60-hcc.conf"
ROOT = Path(__file__).parents[2]


def inside[T](network: Path, make: Callable[[], T]) -> T:
    """What `make` returns when called in that network namespace; a socket made there stays there."""
    made: list[T] = []

    def work() -> None:
        with network.open() as namespace:
            os.setns(namespace.fileno(), os.CLONE_NEWNET)
        made.append(make())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    return made[0]


class Machine(Host):
    """With an IPv6 address that ends like its IPv4 address, and the appliance's kernel settings."""

    def __init__(self, bridge: str, address: str) -> None:
        super().__init__(bridge, address)
        self.address6 = f"fd00::{address.rpartition('.')[2]}"
        self.ip("addr", "add", f"{self.address6}/64", "dev", "eth0", "nodad")

    @property
    def network(self) -> Path:
        return Path("/run/netns") / self.name

    def set(self, *settings: str) -> None:
        subprocess.run(self.command("sysctl", "-q", "-w", *settings), check=True, capture_output=True, timeout=10)

    def ip(self, *words: str) -> str:
        done = subprocess.run(["ip", "-n", self.name, *words], capture_output=True, text=True, timeout=10, check=False)
        assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
        return done.stdout

    def has(self, address: str) -> bool:
        return bool(self.ip("-o", "addr", "show", "to", address))

    @property
    def mac(self) -> bytes:
        return bytes.fromhex(
            re.findall(r"link/ether ([0-9a-f:]+)", self.ip("link", "show", "eth0"))[0].replace(":", "")
        )

    def knows(self, address: str) -> bytes | None:
        """The hardware address that its kernel has for a neighbour."""
        found = re.findall(r"lladdr ([0-9a-f:]+)", self.ip("neigh", "show", "to", address, "dev", "eth0"))
        return bytes.fromhex(found[0].replace(":", "")) if found else None

    def inside[T](self, make: Callable[[], T]) -> T:
        """What `make` returns when called in this machine; a socket made there stays there."""
        return inside(self.network, make)

    def touch(self, address: str, own: str = "") -> None:
        """Send it something (from `own`), so that the kernel has to know where it is."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.inside(lambda: socket.socket(family, socket.SOCK_DGRAM)) as sending:
            sending.bind((own, 0))
            sending.sendto(b"?", (address, 9))


class Agent:
    """`address_program` on a machine."""

    def __init__(self, machine: Machine, v4: str, v6: str = "-", gateway: str = "-") -> None:
        self.machine, self._words = machine, (v4, v6, gateway, machine.address)
        self.said: list[dict[str, Any]] = []
        self.log = ""

    async def start(self) -> None:
        words = self.machine.command(sys.executable, "-m", "tests.ha.address_program", *self._words)
        self.process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT)
        self._reading = [asyncio.create_task(self._read()), asyncio.create_task(self._read_log())]
        await self.told("ready", 10)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(json.loads(line))

    async def _read_log(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log += line.decode()

    def tell(self, command: str, *words: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command} {' '.join(str(word) for word in words)}\n".encode())

    async def do(self, command: str, *words: int) -> dict[str, Any]:
        """Returns what it says when it is done."""
        begun = len(self.said)
        self.tell(command, *words)
        return await self.told(command, 3, begun)

    async def told(self, what: str, seconds: float, begun: int = 0) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            return next((said for said in self.said[begun:] if said["what"] == what), None)

        said = await until(found, seconds, f"{what}; {self.log}", pause_seconds=0.01)
        assert said is not None
        return said

    async def sees(self, seconds: float, **wanted: bool) -> dict[str, Any]:
        """The first thing it says, from now on or as the last before, that has all of `wanted`."""
        begun = max(0, len(self.said) - 1)

        def found() -> dict[str, Any] | None:
            return next((said for said in self.said[begun:] if wanted.items() <= said.items()), None)

        said = await until(found, seconds, f"{wanted}; {self.log}", pause_seconds=0.01)
        assert said is not None
        return said

    @property
    def until(self) -> int:
        """What it last wished."""
        return next(said["until"] for said in reversed(self.said) if "until" in said)

    async def kill(self) -> int:
        """Returns when it is dead (BOOTTIME ms)."""
        self.process.kill()
        await self.process.wait()
        at = boot_ms()
        await asyncio.gather(*self._reading)
        return at

    async def freeze(self) -> int:
        self.process.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self.process.pid}/stat")
        await until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", 5, "it stands", pause_seconds=0.001)
        return boot_ms()

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.thaw()
            await end_process(self.process, 5)
        await asyncio.gather(*self._reading)


class Answers:
    """Asks all the time who has an address, and notes who says so when: (BOOTTIME ms, hardware address)."""

    def __init__(self, machine: Machine, address: str) -> None:
        self._address, self._mac, self._own = IPv4Address(address), machine.mac, IPv4Address(machine.address)
        self._socket = machine.inside(self._open)
        self.heard: list[tuple[int, bytes]] = []

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        opened.bind(("eth0", frames.ETHERTYPE_ARP))
        return opened

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        thread, self._ended = threading.Thread(target=self._run), threading.Event()
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(5)
            self._socket.close()

    def _run(self) -> None:
        question = frames.arp_request(self._mac, self._own, self._address)
        while not self._ended.wait(0.005):
            self._socket.send(question)
            with contextlib.suppress(BlockingIOError):
                while frame := self._socket.recv(256):
                    claim = frames.parse_arp(frame)
                    if claim is not None and claim.answer and claim.address == self._address and claim.mac:
                        self.heard.append((boot_ms(), claim.mac))

    @property
    def owners(self) -> list[bytes]:
        """Who answered, in turn; somebody twice when another came between."""
        turns: list[bytes] = []
        for _, mac in self.heard:
            if turns[-1:] != [mac]:
                turns.append(mac)
        return turns

    def gap_ms(self) -> int:
        """The longest time without an answer."""
        times = [at for at, _ in self.heard]
        return max(later - earlier for earlier, later in itertools.pairwise(times))
