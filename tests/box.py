"""Boxes: the built image booted as containers on a bridge of their own, from inside the lab.

    with Bridge("hcctest", "10.99.0.1/24") as bridge, Box("one", "10.99.0.10", bridge) as box:
        box.boot()
        box.wait_running()
        print(box.run("asterisk", "-rx", "core show uptime"))

A box writes to memory. `stop` then `boot` is a new box, unless `persist=True`: then it is the same one after a reboot.
Every wait has a limit; what a box started dies with it.
"""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

BOXES = Path("/run/boxes")
CGROUPS = Path("/sys/fs/cgroup")
NSPAWN = Path("/run/systemd/nspawn")
BOOT_SECONDS = 60.0
STOP_SECONDS = 30.0
COMMAND_SECONDS = 60.0


class BoxError(Exception):
    """The box did not do what was asked in time; the message holds what it said."""


def wait_until[T](condition: Callable[[], T], seconds: float, what: str, pause: float = 0.1) -> T:
    """Poll until `condition()` is true and return it. Raises BoxError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise BoxError(f"not within {seconds} s: {what}")
        time.sleep(pause)


def image_layers() -> list[str]:
    """Folders of the image, top first, as the lab found them when it was entered."""
    layers = [layer for layer in os.environ.get("HCC_IMAGE_LOWERDIRS", "").split(":") if layer]
    if not layers:
        raise BoxError("no image: run ./build_image.sh first, and tests through tests/lab.sh")
    return layers


class Bridge:
    """A network of our own; the lab (or, for the demonstration, the host) is its first address."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address

    @property
    def gateway(self) -> str:
        return self.address.partition("/")[0]

    @property
    def prefix_length(self) -> str:
        return self.address.partition("/")[2]

    def open(self) -> None:
        """Also takes away what a killed predecessor of the same name left."""
        self.close()
        for command in (
            ("link", "add", self.name, "type", "bridge"),
            ("address", "add", self.address, "dev", self.name),
            ("link", "set", self.name, "up"),
        ):
            subprocess.run(["ip", *command], check=True, timeout=5)

    def close(self) -> None:
        subprocess.run(["ip", "link", "delete", self.name], check=False, timeout=5, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Box:
    """One appliance. `config` is the text of its hcc.toml, `files` what else lies in it before it boots.

    `direct`: a second network card, `direct`, with that address on that bridge.
    """

    def __init__(
        self,
        name: str,
        address: str,
        bridge: Bridge,
        *,
        config: str = "",
        files: Mapping[str, str] | None = None,
        persist: bool = False,
        direct: tuple[Bridge, str] | None = None,
    ) -> None:
        self.name = name
        self.address = address
        self.persist = persist
        self._bridge = bridge
        self._direct = direct
        self._config = config
        self._files = dict(files or {})
        self._folder = BOXES / name
        self._cgroup = CGROUPS / f"box-{name}"
        self._machine = uuid.uuid4()
        self._process: subprocess.Popen[bytes] | None = None
        self._leader = 0

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def network(self) -> Path:
        """Its network, to be entered from outside."""
        return Path(f"/proc/{self._leader}/ns/net")

    def path(self, inside: str) -> Path:
        """Where a file of the running box is seen from outside. Its /run and /tmp are visible only through `run`."""
        return self._folder / "root" / inside.lstrip("/")

    def boot(self) -> None:
        """Start it; returns when its first process lives (see `wait_running`)."""
        if self.running:
            raise BoxError(f"{self.name} runs already")
        self._mount()
        self._write_files()
        self._unplug()
        self._cgroup.mkdir(exist_ok=True)
        log = (self._folder / "console.log").open("ab")
        command = [
            *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--settings=no"),
            *(f"--uuid={self._machine}", f"--machine={self.name}", f"--directory={self._folder / 'root'}"),
            *(f"--network-bridge={self._bridge.name}", "--resolv-conf=off", "--timezone=off"),
            *("--link-journal=no", "--console=pipe", "--system-call-filter=@keyring"),
            *((f"--network-veth-extra=vd-{self.name}:direct",) if self._direct else ()),
        ]
        # nspawn makes its own groups below the one it is started in.
        enter = f'echo $$ >{self._cgroup}/cgroup.procs && exec "$@"'
        with log:
            self._process = subprocess.Popen(
                ["sh", "-c", enter, "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._leader = wait_until(self._find_leader, 10, f"{self.name} has a first process: {self._tail()}")
        if self._direct is not None:
            plug = ("ip", "link", "set", f"vd-{self.name}", "master", self._direct[0].name, "up")
            subprocess.run(plug, check=True, timeout=5)

    @property
    def _cables(self) -> list[str]:
        return [f"vb-{self.name}", *([f"vd-{self.name}"] if self._direct else [])]

    def _unplug(self) -> None:
        """Take away the network cables of a predecessor that was killed; the kernel may still hold them."""
        for cable in self._cables:
            subprocess.run(("ip", "link", "delete", cable), check=False, timeout=5, stderr=subprocess.DEVNULL)

    def cut(self) -> None:
        """The network drops everything in silence; nobody sees a carrier go."""
        for cable in self._cables:
            subprocess.run(("bridge", "link", "set", "dev", cable, "state", "0"), check=True, timeout=5)

    def mend(self) -> None:
        for cable in self._cables:
            subprocess.run(("bridge", "link", "set", "dev", cable, "state", "3"), check=True, timeout=5)

    def freeze(self) -> None:
        """Every process of the box stands still, the kernel goes on."""
        (self._cgroup / "cgroup.freeze").write_text("1")

    def thaw(self) -> None:
        (self._cgroup / "cgroup.freeze").write_text("0")

    def power_off(self) -> None:
        """All at once, and nobody on the network hears a farewell."""
        for cable in self._cables:
            subprocess.run(("ip", "link", "set", cable, "down"), check=True, timeout=5)
        self.pull_plug()

    def _mount(self) -> None:
        root, upper, work = (self._folder / part for part in ("root", "upper", "work"))
        if not self.persist:
            shutil.rmtree(upper, ignore_errors=True)
        shutil.rmtree(work, ignore_errors=True)
        for folder in (root, upper, work):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o755)
        options = f"lowerdir={':'.join(image_layers())},upperdir={upper},workdir={work},index=off,metacopy=off"
        # The newer mount call takes 256 characters an option, the older one 4096.
        subprocess.run(
            ["mount", "-t", "overlay", "-o", options, f"box-{self.name}", root],
            check=True,
            timeout=10,
            env=os.environ | {"LIBMOUNT_FORCE_MOUNT2": "always"},
        )

    def _write_files(self) -> None:
        network = (
            f"[Match]\nName=host0\n[Network]\nAddress={self.address}/{self._bridge.prefix_length}\n"
            f"Gateway={self._bridge.gateway}\nDHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
        )
        files = {"/etc/systemd/network/10-box.network": network, "/etc/hostname": f"{self.name}\n"}
        if self._direct is not None:
            bridge, address = self._direct
            files["/etc/systemd/network/11-direct.network"] = (
                f"[Match]\nName=direct\n[Network]\nAddress={address}/{bridge.prefix_length}\n"
                "DHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
            )
        if self._config:
            files["/etc/hcc/hcc.toml"] = self._config
        for name, content in (files | self._files).items():
            path = self.path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")

    def _find_leader(self) -> int:
        if self._process is None or self._process.poll() is not None:
            raise BoxError(f"{self.name} did not start: {self._tail()}")
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for child in children:
            # Its own process number in the innermost namespace says that it has become the box's first process.
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{child}/status").read_text()
                numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
                if numbers[-1] == "1" and len(numbers) > 2 and Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
        return 0

    def _tail(self) -> str:
        with contextlib.suppress(OSError):
            return (self._folder / "console.log").read_text(errors="replace")[-2000:]
        return ""

    def _command(self, arguments: tuple[str, ...], user: str) -> list[str]:
        enter = ["nsenter", f"--target={self._leader}", "--all", "--wdns=/"]
        if user:
            enter += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--pdeathsig=KILL"]
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
        return [*enter, "env", "-i", path, "HOME=/root", "LANG=C.UTF-8", *arguments]

    def run(
        self, *arguments: str, timeout: float = COMMAND_SECONDS, check: bool = True, user: str = "", stdin: str = ""
    ) -> str:
        """Run a command inside and return what it printed. Raises BoxError when it fails (unless `check=False`)."""
        try:
            done = subprocess.run(
                self._command(arguments, user),
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise BoxError(f"{' '.join(arguments)}: not within {timeout} s") from error
        if check and done.returncode != 0:
            raise BoxError(f"{' '.join(arguments)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *arguments: str, user: str = "", **options: Any) -> subprocess.Popen[str]:
        """Start a command inside and return its process; the caller ends it."""
        return subprocess.Popen(self._command(arguments, user), text=True, errors="replace", **options)

    def wait_running(self, seconds: float = BOOT_SECONDS) -> float:
        """Until every unit is up and none has failed; how many seconds that took."""
        started = time.monotonic()
        state = ""

        def settled() -> bool:
            nonlocal state
            state = self.run("systemctl", "is-system-running", check=False).strip()
            return state in {"running", "degraded"}

        wait_until(settled, seconds, f"{self.name} is up", pause=0.2)
        if state != "running":
            failed = self.run("systemctl", "--failed", "--no-legend", "--plain", check=False)
            raise BoxError(f"{self.name} is {state}: {failed}{self.journal_text(priority='err')}")
        return time.monotonic() - started

    def wait_active(self, unit: str, seconds: float = 30.0) -> None:
        wait_until(lambda: self.state_of(unit) == "active", seconds, f"{unit} is active on {self.name}")

    def state_of(self, unit: str) -> str:
        """active, failed, activating, …"""
        return self.run("systemctl", "is-active", unit, check=False).strip()

    def main_process(self, unit: str) -> int:
        """Process number of a unit's main process inside the box; 0 when it does not run."""
        return int(self.run("systemctl", "show", "--property=MainPID", "--value", unit).strip() or 0)

    def kill(self, unit: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the unit's main process a signal."""
        self.run("systemctl", "kill", "--kill-whom=main", f"--signal={number.name}", unit)

    def _journal(self, output: str, unit: str, priority: str, since: str) -> str:
        command = ["journalctl", "--boot", "--no-pager", "--quiet", f"--output={output}"]
        command += [f"--unit={unit}"] if unit else []
        command += [f"--priority={priority}"] if priority else []
        command += [f"--since={since}"] if since else []
        return self.run(*command, check=False)

    def journal_text(self, unit: str = "", priority: str = "", since: str = "") -> str:
        """Lines of this boot, for people. `priority` as in journalctl: "warning" means warning and worse."""
        return self._journal("short-precise", unit, priority, since)

    def journal(self, unit: str = "", priority: str = "", since: str = "") -> list[dict[str, Any]]:
        """Entries of this boot, all fields (`MESSAGE`, `PRIORITY`, `_SYSTEMD_UNIT`, …)."""
        return [json.loads(line) for line in self._journal("json", unit, priority, since).splitlines()]

    def stop(self) -> None:
        """Shut it down in an orderly way; pull the plug when that takes too long."""
        if self.running and self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.pull_plug()

    def pull_plug(self) -> None:
        """End every process of the box at once, and take its file system away."""
        if self._process is not None:
            kill_file = self._cgroup / "cgroup.kill"
            if kill_file.exists():
                kill_file.write_text("1")
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait(10)
            self._process = None
        self._leader = 0
        self._unmount(self._folder / "root")
        self._forget_export()
        self._remove_cgroup()

    def _forget_export(self) -> None:
        """A killed nspawn leaves the folder in which it shows the box's sockets, and refuses to start on it again."""
        export = NSPAWN / self.name
        self._unmount(export / "unix-export")
        shutil.rmtree(export, ignore_errors=True)

    def _unmount(self, folder: Path) -> None:
        if folder.is_mount():
            wait_until(
                lambda: subprocess.run(["umount", "-R", folder], check=False, capture_output=True).returncode == 0,
                10,
                f"file system of {self.name} is free",
            )

    def _remove_cgroup(self) -> None:
        def removed() -> bool:
            try:
                for folder, _, _ in os.walk(self._cgroup, topdown=False):
                    Path(folder).rmdir()
            except OSError as error:
                return error.errno == errno.ENOENT
            return True

        wait_until(removed, 10, f"processes of {self.name} are gone")

    def discard(self) -> None:
        """Stop it and forget what it wrote."""
        self.pull_plug()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing of it is wanted any more, so it need not shut down."""
        self.discard()
