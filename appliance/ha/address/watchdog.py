"""The hardware watchdog: resets the machine when the agent of the active box stands still together with its kernel.

The kernel's lifetime of the address covers a dead agent; this covers a kernel that does not keep time any more, and
services that nobody is left to stop (linux/Documentation/watchdog/watchdog-api.rst).
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from appliance.ha.cluster_file import WatchdogMode
from appliance.ha.decision.timing import Timing

log = logging.getLogger(__name__)

DEVICE = Path("/dev/watchdog0")
DRIVERS = Path("/sys/class/watchdog")
_SET_TIMEOUT, _GET_TIMEOUT = 0xC004_5706, 0x8004_5707
_PET, _MAGIC = b"\0", b"V"
_INT_BYTES = 4


class WatchdogError(Exception):
    """There is no device, it is in use, cannot be set to the time that is needed, or cannot be closed again."""


class Device(Protocol):
    """An open watchdog: it has been started, and counts."""

    def set_timeout(self, seconds: int) -> int:
        """What it took, perhaps another time. Raises OSError."""

    def pet(self) -> None:
        """Raises OSError."""

    def close(self) -> None:
        """With the magic character: it stops counting."""


class KernelDevice:
    """A device of the kernel. Raises OSError: it is not there, or somebody else has it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)

    def set_timeout(self, seconds: int) -> int:
        wanted = bytearray(seconds.to_bytes(_INT_BYTES, "little"))
        try:
            fcntl.ioctl(self._file, _SET_TIMEOUT, wanted)
        except OSError:  # it has only one; which?
            fcntl.ioctl(self._file, _GET_TIMEOUT, wanted)
        return int.from_bytes(wanted, "little")

    def pet(self) -> None:
        os.write(self._file, _PET)

    def close(self) -> None:
        try:
            os.write(self._file, _MAGIC)
        finally:
            os.close(self._file)


class Watchdog:
    """`arm`, `pet` … `pet`, `disarm`. It never pets by itself."""

    def __init__(
        self,
        mode: WatchdogMode,
        timing: Timing | None = None,
        *,
        path: Path = DEVICE,
        drivers: Path = DRIVERS,
        opened: Callable[[Path], Device] = KernelDevice,
    ) -> None:
        lease_ms = (timing or Timing()).lease_ms
        self.seconds = self._most_seconds = lease_ms // 1_000 - 1
        """How long it waits: a second less than the lease lasts, or what the device took of it."""
        self.mode = mode
        self.refusal = ""
        """Why there is none that is used."""
        self._path = path
        self._driver = drivers / path.name
        self._opened = opened
        self._device: Device | None = None

    @property
    def armed(self) -> bool:
        return self._device is not None

    def arm(self) -> None:
        """From here on it counts. Armed already: nothing happens.

        Raises WatchdogError where it is required and there is none that fits; where it is not, that is only logged.
        """
        if self.mode is WatchdogMode.OFF or self._device is not None:
            return
        try:
            self._device = self._started()
        except WatchdogError as error:
            before, self.refusal = self.refusal, str(error)
            if self.mode is WatchdogMode.REQUIRED:
                raise
            if before != self.refusal:
                log.info("no watchdog: %s", error)
        else:
            self.refusal = ""

    def pet(self) -> None:
        """It counts from the beginning. An error is logged: the device then does what it is there for."""
        if self._device is None:
            return
        try:
            self._device.pet()
        except OSError as error:
            log.warning("the watchdog %s cannot be petted: %s", self._path, error)

    def disarm(self) -> None:
        """It stops counting."""
        device, self._device = self._device, None
        if device is not None:
            self._stop(device)

    @property
    def identity(self) -> str:
        """What the driver calls the device; its path where it does not say."""
        with contextlib.suppress(OSError):
            return (self._driver / "identity").read_text("utf-8", "replace").strip()
        return str(self._path)

    def _started(self) -> Device:
        if self._stays_on():
            raise WatchdogError(f"{self._path} cannot be stopped any more once it was started (nowayout)")
        try:
            device = self._opened(self._path)
        except OSError as error:
            raise WatchdogError(f"{self._path}: {error.strerror}") from error
        try:
            seconds = device.set_timeout(self._most_seconds)
        except OSError as error:
            self._stop(device)
            raise WatchdogError(f"{self._path} tells no time: {error.strerror}") from error
        if not 0 < seconds <= self._most_seconds:
            self._stop(device)
            raise WatchdogError(f"{self._path} fires after {seconds} s only, {self._most_seconds} are needed")
        self.seconds = seconds
        return device

    def _stays_on(self) -> bool:
        try:
            return (self._driver / "nowayout").read_text("ascii").strip() == "1"
        except OSError:  # no such device, or a kernel that does not tell
            return False

    def _stop(self, device: Device) -> None:
        try:
            device.close()
        except OSError as error:
            log.warning("the watchdog %s cannot be stopped: %s", self._path, error)
