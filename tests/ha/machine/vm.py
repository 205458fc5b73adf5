"""A virtual machine with Debian's kernel whose root is the lab's own, seen through 9p and read-only: it runs our code.

Its processor is emulated (no KVM), so it works wherever the lab does; a boot takes some ten seconds.
"""

import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from appliance.clock import boot_ms
from tests.sip.waiting import until

KERNEL = Path("/opt/hcc-lab/machine")
OUTSIDE = "10.0.2.2"
"""The lab, as the machine sees it."""
MODULES = ("failover", "net_failover", "virtio_net", "netfs", "9pnet", "9pnet_virtio", "9p", "watchdog")
MEGABYTES = 384
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for name in {modules}; do insmod /modules/$name.ko; done
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 lab /root
for folder in dev proc sys; do mount --bind /$folder /root/$folder; done
cd /root
chroot /root env PYTHONPATH=/src PYTHONDONTWRITEBYTECODE=1 /opt/hcc/venv/bin/python -P -m {program}
echo "ended with $?"
sleep 1000
"""


def _first_files(folder: Path, driver: str, program: Sequence[str]) -> Path:
    """The archive that the kernel unpacks: a shell, modules, and what to do first."""
    root, modules = folder / "first", (*MODULES, driver)
    for name in ("bin", "modules", "proc", "sys", "dev", "root"):
        (root / name).mkdir(parents=True)
    (root / "bin/busybox").write_bytes(Path("/usr/bin/busybox").read_bytes())
    for name in modules:
        (root / "modules" / f"{name}.ko").write_bytes((KERNEL / "modules" / f"{name}.ko").read_bytes())
    (root / "init").write_text(INIT.format(modules=" ".join(modules), program=" ".join(program)))
    for name in ("init", "bin/busybox"):
        (root / name).chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    archive = folder / "first.cpio"
    with archive.open("wb") as file:
        words = ["cpio", "--create", "--format=newc", "--quiet"]
        subprocess.run(words, input=names.encode(), stdout=file, cwd=root, check=True, timeout=20)
    return archive


class VirtualMachine:
    """Runs `python -m PROGRAM …` with the watchdog `driver`. A reset ends it."""

    def __init__(self, folder: Path, driver: str, *program: str) -> None:
        archive = _first_files(folder, driver, program)
        self._words = [
            *("qemu-system-x86_64", "-accel", "tcg", "-m", str(MEGABYTES), "-nodefaults", "-no-user-config"),
            *("-display", "none", "-serial", "stdio", "-no-reboot", "-device", "i6300esb"),
            *("-kernel", str(KERNEL / "vmlinuz"), "-initrd", str(archive), "-append", "console=ttyS0 quiet panic=0"),
            *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="),
            *("-fsdev", "local,id=lab,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=lab,mount_tag=lab"),
        ]
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._listen)
        self.said: list[tuple[int, str]] = []
        """Lines of its console, and when they came (BOOTTIME ms)."""
        self.ended_at = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=os.environ,
        )
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._thread.join(10)

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append((boot_ms(), line.strip()))
        self._process.wait()
        self.ended_at = boot_ms()

    async def says(self, word: str, seconds: float) -> int:
        """When it said a line with `word`."""

        def found() -> int:
            return next((at for at, line in self.said if word in line), 0)

        try:
            return await until(found, seconds, f"the machine says {word}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(line for _, line in self.said[-40:])) from None
