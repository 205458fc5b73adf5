"""The hardware watchdog: resets the machine when the agent of the active box stands still together with its kernel.

The kernel's lifetime of the address covers a dead agent; this covers a kernel that does not keep time any more. The
device is opened before promotion, petted after each confirmed keep-alive, and closed after demotion
(linux/Documentation/watchdog/watchdog-api.rst).
"""

import fcntl
import logging
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from appliance.ha.decision.timing import Timing

log = logging.getLogger(__name__)

DEVICE = Path("/dev/watchdog0")
DRIVERS = Path("/sys/class/watchdog")
_SET_TIMEOUT, _GET_TIMEOUT = 0xC004_5706, 0x8004_5707
_PET, _MAGIC = b"\0", b"V"
_INT_BYTES = 4


class Mode(StrEnum):
    REQUIRED = "required"
    """Without a device that fits nothing may be promoted here."""
    AUTO = "auto"
    """Used where there is one that fits."""
    OFF = "off"


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
    """`arm`, `pet` … `pet`, `disarm`. It never pets by itself: who is not told that the lease goes on lets it fire."""

    def __init__(
        self,
        mode: Mode,
        timing: Timing | None = None,
        *,
        path: Path = DEVICE,
        drivers: Path = DRIVERS,
        opened: Callable[[Path], Device] = KernelDevice,
    ) -> None:
        lease_ms = (timing or Timing()).lease_ms
        self.timeout_seconds = lease_ms // 1_000 - 1
        """Fires a second before the lease of a box that stood still since its last keep-alive runs out."""
        self._mode = mode
        self._path = path
        self._driver = drivers / path.name
        self._opened = opened
        self._device: Device | None = None
        self._silent = False

    @property
    def armed(self) -> bool:
        return self._device is not None

    def arm(self) -> None:
        """Before promotion; from here on it counts. Armed already: nothing happens.

        Raises WatchdogError where it is required and there is none that fits; where it is not, that is only logged.
        """
        if self._mode is Mode.OFF or self._device is not None:
            return
        try:
            self._device = self._started()
        except WatchdogError as error:
            if self._mode is Mode.REQUIRED:
                raise
            if not self._silent:
                log.info("no watchdog: %s", error)
            self._silent = True
        else:
            self._silent = False
            log.info("the watchdog %s fires after %s s without a keep-alive", self._path, self.timeout_seconds)

    def pet(self) -> None:
        """After a confirmed keep-alive. An error is logged: the device then does what it is there for."""
        if self._device is None:
            return
        try:
            self._device.pet()
        except OSError as error:
            log.warning("the watchdog %s cannot be petted: %s", self._path, error)

    def disarm(self) -> None:
        """After demotion: it stops counting."""
        device, self._device = self._device, None
        if device is not None:
            self._stop(device)

    def _started(self) -> Device:
        if self._stays_on():
            raise WatchdogError(f"{self._path} cannot be stopped any more once it was started (nowayout)")
        try:
            device = self._opened(self._path)
        except OSError as error:
            raise WatchdogError(f"{self._path}: {error.strerror}") from error
        try:
            seconds = device.set_timeout(self.timeout_seconds)
        except OSError as error:
            self._stop(device)
            raise WatchdogError(f"{self._path} tells no time: {error.strerror}") from error
        if not 0 < seconds <= self.timeout_seconds:
            self._stop(device)
            raise WatchdogError(f"{self._path} fires after {seconds} s only, {self.timeout_seconds} are needed")
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
