"""A whole pair: two boxes and a witness booted from the image, made a pair by the commands a person would type.

with WholePair("hccpair", "10.99.0.0/24") as pair:
    pair.make()
    pair.box("one").power_off()
"""

import contextlib
import ipaddress
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from tests.box import Box, BoxError, Bridge, wait_until

BOXES = ("one", "two")
WITNESS = "three"
DIRECT_NETWORK = "10.253.76.0/24"
LAST = {"service": 10, "one": 11, "two": 12, "three": 13}
"""The last part of each address."""

FORM_SECONDS, READY_SECONDS = 120.0, 420.0


def invited(box: Box, *options: str) -> tuple[subprocess.Popen[str], str]:
    """A running `hcc cluster invite`, and the code that it shows."""
    words = ("hcc", "cluster", "invite", "--yes", *options)
    process = box.start(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    said = ""
    while not (found := re.search(r"code .* (\d{8})\b", said)):
        line = process.stdout.readline()
        if not line:
            raise BoxError(f"{box.name}: {said}")
        said += line
    return process, found[1]


def _active_in(said: str) -> str:
    found = re.search(r"^active \S+: (\S+)", said, re.MULTILINE)
    return found[1] if found and found[1] in BOXES else ""


class WholePair:
    def __init__(self, bridge: str, network: str, *, tell: Callable[[str], None] = lambda _: None) -> None:
        own = ipaddress.IPv4Network(network)
        direct = ipaddress.IPv4Network(DIRECT_NETWORK)
        self._tell = tell
        self.bridge = Bridge(bridge, f"{own.network_address + 1}/{own.prefixlen}")
        self.direct = Bridge(f"{bridge}-d", f"{direct.network_address + 1}/{direct.prefixlen}")
        places = {name: str(own.network_address + last) for name, last in LAST.items()}
        self.service = places["service"]
        self.directs = {name: str(direct.network_address + LAST[name]) for name in BOXES}
        self.boxes = {
            name: Box(name, places[name], self.bridge, persist=True, direct=(self.direct, self.directs[name]))
            for name in BOXES
        }
        self.witness = Box(WITNESS, places[WITNESS], self.bridge, persist=True)

    @property
    def url(self) -> str:
        return f"https://{self.service}"

    def box(self, name: str) -> Box:
        return self.witness if name == WITNESS else self.boxes[name]

    # -- its life --------------------------------------------------------------------------------------

    def boot(self) -> None:
        """All three, and wait until they are up."""
        self.bridge.open()
        self.direct.open()
        machines = [*self.boxes.values(), self.witness]
        with ThreadPoolExecutor() as pool:
            list(pool.map(Box.boot, machines))
            list(pool.map(Box.wait_running, machines))

    def make(self) -> None:
        """Everything up to a standby that could take over."""
        self.boot()
        self.form()
        self.in_step()

    def form(self) -> None:
        """Make them a pair with a witness."""
        one, two = self.boxes.values()
        init = ("init", "--service-address", self.service, "--name", one.name, "--direct", self.directs[one.name])
        one.run("hcc", "cluster", *init)
        self._tell(f"{one.name} is the first of a pair")
        self._join(two, "join", "--direct", self.directs[two.name])
        self._join(self.witness, "witness")

    def _join(self, guest: Box, word: str, *options: str) -> None:
        one = self.boxes["one"]
        witness = ("--witness",) if word == "witness" else ()
        process, code = invited(one, "--name", guest.name, *witness)
        try:
            guest.run("hcc", "cluster", word, one.address, code, *options, "--yes", timeout=120)
            rest, _ = process.communicate(timeout=60)
        finally:
            process.kill()
        if process.returncode:
            raise BoxError(f"hcc cluster invite: {rest}")
        self._tell(f"{guest.name} has joined")

    def close(self) -> None:
        for machine in (*self.boxes.values(), self.witness):
            with contextlib.suppress(BoxError):
                machine.discard()
        self.bridge.close()
        self.direct.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what it says of itself ------------------------------------------------------------------------

    def status(self) -> str:
        """`hcc cluster status` of a box that knows who is active, else of the last one that answers."""
        said = ""
        for box in self.boxes.values():
            if box.running:
                with contextlib.suppress(BoxError):
                    said = box.run("hcc", "cluster", "status", check=False, timeout=15) or said
                if _active_in(said):
                    break
        return said

    def active(self) -> str:
        """The name of the active box; empty: nobody is."""
        return _active_in(self.status())

    def other(self, name: str) -> str:
        """The other box."""
        return next(box for box in BOXES if box != name)

    def serving(self, seconds: float = FORM_SECONDS) -> None:
        """Wait until one of them is active."""
        self._until(seconds, "somebody is active", r"^active \S+: (one|two)$")

    def in_step(self, seconds: float = FORM_SECONDS) -> None:
        """Wait until the standby has every commit: it could take over now, whatever else keeps the pair from ready."""
        self._until(seconds, "the standby is in step", r"redundant 冗余: (yes|no 否, peer_new$)")

    def redundant(self, seconds: float = READY_SECONDS) -> None:
        """Wait until the pair says so: a box that has just come counts after five minutes."""
        self._until(seconds, "the pair is redundant", r"redundant 冗余: yes")

    def _until(self, seconds: float, what: str, pattern: str) -> None:
        """Raises BoxError with the pair's own story."""
        said = ""

        def is_so() -> bool:
            nonlocal said
            said = self.status()
            return bool(re.search(pattern, said, re.MULTILINE)) and "3 of 3 members healthy" in said

        try:
            wait_until(is_so, seconds, what, pause=0.5)
        except BoxError as error:
            raise BoxError(f"{error}\n{said}\n{self.story()}") from None

    def story(self, lines: int = 60) -> str:
        """The ends of the journals, for a person who looks for what went wrong."""
        parts = []
        for machine in (*self.boxes.values(), self.witness):
            if machine.running:
                units = "\n".join(machine.journal_text("hcc-ha-agent").splitlines()[-lines:])
                warnings = machine.journal_text(priority="warning").splitlines()
                worst = "\n".join([line for line in warnings if "pids.max" not in line][-lines:])
                failed = machine.run("systemctl", "--failed", "--no-legend", "--plain", check=False)
                parts.append(f"--- {machine.name}: agent\n{units}\n--- {machine.name}: warnings\n{worst}\n{failed}")
        return "\n".join(parts)
