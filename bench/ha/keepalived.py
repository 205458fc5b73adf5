"""The peer: keepalived as Debian ships it on two machines of the same bridge, the same faults, the same clocks."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from appliance.clock import boot_ms
from bench.ha.faults import FAULTS
from tests.box import wait_until
from tests.ha.address_lab import Answers, Machine
from tests.ha.holding import Holding, doubled_ms
from tests.ha.outside import longest_gap

SERVICE, ADDRESSES = "10.99.8.50", ("10.99.8.51", "10.99.8.52")
ADVERT_SECONDS = 1
ELECTED_SECONDS, WATCH_SECONDS = 20.0, 6.0
"""Elections take three advertisements and a bit; whatever a fault does begins in the second time."""
CONFIGURATION = """
vrrp_instance bench {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int {advert}
    nopreempt
    virtual_ipaddress {{
        {service}/32
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Gaps:
    """ms."""

    address_gap: int
    doubled: int


class Node:
    """A machine with keepalived on it."""

    def __init__(self, bridge: str, address: str, priority: int) -> None:
        self.machine = Machine(bridge, address)
        self._folder = Path(tempfile.mkdtemp(prefix="keepalived-"))
        text = CONFIGURATION.format(priority=priority, advert=ADVERT_SECONDS, service=SERVICE)
        (self._folder / "conf").write_text(text)
        self._process: subprocess.Popen[bytes] | None = None
        self.holding = Holding(self.machine.network, SERVICE)

    def start(self) -> None:
        # It locks those of programs that it does not start, too; with the usual ones only one of two would start.
        files = (f"--{option}={self._folder / option}" for option in ("pid", "vrrp_pid", "bfd_pid", "checkers_pid"))
        words = ("keepalived", "--dont-fork", "--vrrp", "--log-console", f"--use-file={self._folder / 'conf'}", *files)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.machine.command(*words), stdout=log, stderr=log)

    def log(self) -> str:
        """What it said last."""
        return (self._folder / "log").read_text(errors="replace")[-800:]

    def look_anew(self) -> None:
        self.holding.end()
        self.holding = Holding(self.machine.network, SERVICE)

    def _signal(self, number: signal.Signals) -> None:
        """To the daemon and its child that speaks VRRP, the child last: its parent would start another."""
        if self._process is None or self._process.poll() is not None:
            return
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for process in (self._process.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def stop(self) -> None:
        """In an orderly way: it says farewell."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def power_off(self) -> None:
        self.machine.cut()
        self.kill()
        self.machine.ip("addr", "flush", "to", SERVICE, "dev", "eth0")

    def cut(self) -> None:
        self._port(0)

    def _port(self, state: int) -> None:
        words = ("bridge", "link", "set", "dev", self.machine.link, "state", str(state))
        subprocess.run(words, check=True, timeout=5)

    def clear(self) -> None:
        """Nothing of it runs, nothing of it is left; the cable is there."""
        self._signal(signal.SIGCONT)
        self.kill()
        if self._process is not None:
            self._process.wait(10)
        self.machine.ip("addr", "flush", "to", SERVICE, "dev", "eth0")
        self.machine.mend()
        self._port(3)

    def close(self) -> None:
        self.clear()
        self.holding.end()
        self.machine.close()
        shutil.rmtree(self._folder)


STRIKES: dict[str, Callable[[Node], None]] = {
    "power-off": Node.power_off,
    "planned": Node.stop,
    "freeze": Node.freeze,
    "cut": Node.cut,
    "agent": Node.kill,
}
"""Faults that keepalived can have, too, by the names of ours."""


class Keepalived:
    """Two nodes with an address, and who asks for it."""

    def __init__(self, bridge: str, watching: Machine) -> None:
        self._watching = watching
        self._nodes = [Node(bridge, address, 100 - place) for place, address in enumerate(ADDRESSES)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self._nodes:
            node.close()

    def log(self) -> str:
        return "\n".join(f"{node.machine.address}: {node.log()}" for node in self._nodes)

    def run(self, fault: str, chance: random.Random) -> Gaps:
        """One fault of the master, from a new election on."""
        for node in self._nodes:
            node.clear()
            node.look_anew()
            node.start()
        answers = Answers(self._watching, SERVICE)
        with answers.watched():
            master = wait_until(self._master, ELECTED_SECONDS, "keepalived has elected somebody")
            wait_until(lambda: answers.heard, 5, "somebody answers for keepalived's address")
            time.sleep(chance.random())
            struck = boot_ms()
            STRIKES[fault](master)
            other = next(node for node in self._nodes if node is not master)
            if fault == "power-off":
                master.holding.end()
            wait_until(lambda: other.holding.holds, ELECTED_SECONDS, f"keepalived: {fault}: the other has the address")
            time.sleep(max(0.0, WATCH_SECONDS - (boot_ms() - struck) / 1000))
            until = boot_ms()
        gap = longest_gap([at for at, _ in answers.heard], struck, until)
        return Gaps(gap, doubled_ms(*(node.holding.spans for node in self._nodes)))

    def _master(self) -> Node | None:
        """When exactly one has it."""
        holders = [node for node in self._nodes if node.holding.holds]
        return holders[0] if len(holders) == 1 else None


def rows(results: dict[str, Sequence[Gaps]], seconds: Callable[[Sequence[int]], str]) -> list[list[str]]:
    labels = {fault.name: fault.label for fault in FAULTS}
    return [
        [
            labels[name],
            str(len(runs)),
            seconds([run.address_gap for run in runs]),
            seconds([run.doubled for run in runs]),
        ]
        for name, runs in results.items()
    ]
