"""The hardware watchdog, with a FIFO as device: what is written to it is what the kernel would get.

A FIFO knows no ioctl; `Fifo` answers for it. The device itself counts and fires only on real hardware.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.ha.address import watchdog
from appliance.ha.address.watchdog import KernelDevice, Watchdog, WatchdogError
from appliance.ha.cluster_file import WatchdogMode as Mode
from appliance.ha.decision.timing import Timing

pytestmark = pytest.mark.req("HA-1")


class Fifo(KernelDevice):
    """One whose timeout can be set, within its limits."""

    least, most = 1, 60
    asked: int = 0

    def set_timeout(self, seconds: int) -> int:
        type(self).asked = seconds
        return min(max(seconds, self.least), self.most)


class Slow(Fifo):
    least = 10


class Bare(Fifo):
    def set_timeout(self, seconds: int) -> int:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")


@pytest.fixture
def device(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """Its path, and where what was written to it is read."""
    path = tmp_path / "watchdog0"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, reader
    os.close(reader)


def written(reader: int) -> bytes | None:
    """None: nobody has it open."""
    try:
        return os.read(reader, 100) or None
    except BlockingIOError:
        return b""


def test_it_is_petted_only_when_told_and_stopped_by_the_magic_character(device):
    path, reader = device
    dog = Watchdog(Mode.REQUIRED, path=path, opened=Fifo)
    dog.pet()
    assert written(reader) is None, "not open before it is armed"
    dog.arm()
    assert dog.armed
    assert Fifo.asked == 4
    assert written(reader) == b""
    for _ in range(3):
        dog.pet()
    assert written(reader) == b"\0\0\0"
    dog.arm()
    assert written(reader) == b"", "to be armed again is no keep-alive"
    dog.disarm()
    assert not dog.armed
    assert written(reader) == b"V"
    dog.disarm()
    dog.pet()
    assert written(reader) is None


def test_it_fires_a_second_before_the_lease_ends(device):
    assert Watchdog(Mode.AUTO, Timing(lease_ms=8_000), path=device[0]).seconds == 7


def test_a_program_that_dies_leaves_it_counting(device):
    path, reader = device
    child = os.fork()
    if not child:
        Watchdog(Mode.REQUIRED, path=path, opened=Fifo).arm()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert written(reader) is None, "closed without the magic character"


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.REQUIRED])
@pytest.mark.parametrize(
    ("opened", "said"),
    [(Slow, "fires after 10 s only, 4 are needed"), (Bare, "tells no time: Operation not supported")],
)
def test_a_device_that_does_not_fit_is_stopped_again(device, opened, said, mode, caplog):
    caplog.set_level("INFO")
    path, reader = device
    dog = Watchdog(mode, path=path, opened=opened)
    if mode is Mode.REQUIRED:
        with pytest.raises(WatchdogError, match=said):
            dog.arm()
    else:
        dog.arm()
        dog.arm()
        assert [said in text for text in caplog.messages] == [True], "said once"
    assert not dog.armed
    assert set(written(reader)) == {ord("V")}


def test_what_knows_no_watchdog_requests_is_refused(device):
    path, reader = device
    with pytest.raises(WatchdogError, match="tells no time: Inappropriate ioctl"):
        Watchdog(Mode.REQUIRED, path=path).arm()
    assert written(reader) == b"V"


@pytest.mark.parametrize("mode", list(Mode))
def test_without_a_device_only_required_complains(tmp_path, mode):
    dog = Watchdog(mode, path=tmp_path / "watchdog0")
    if mode is Mode.REQUIRED:
        with pytest.raises(WatchdogError, match="No such file"):
            dog.arm()
    else:
        dog.arm()
    dog.pet()
    dog.disarm()
    assert not dog.armed


def test_a_device_that_somebody_else_has_is_refused(tmp_path):
    os.mkfifo(tmp_path / "watchdog1")  # nobody reads there: opening it fails as a busy device does
    with pytest.raises(WatchdogError, match="watchdog1: No such device"):
        Watchdog(Mode.REQUIRED, path=tmp_path / "watchdog1").arm()


def test_one_that_cannot_be_stopped_is_not_started(device, tmp_path):
    path, reader = device
    driver = tmp_path / "drivers/watchdog0"
    driver.mkdir(parents=True)
    (driver / "nowayout").write_text("1\n")
    with pytest.raises(WatchdogError, match="nowayout"):
        Watchdog(Mode.REQUIRED, path=path, drivers=driver.parent, opened=Fifo).arm()
    assert written(reader) is None
    (driver / "nowayout").write_text("0\n")
    dog = Watchdog(Mode.REQUIRED, path=path, drivers=driver.parent, opened=Fifo)
    dog.arm()
    assert dog.armed
    dog.disarm()


def test_off_touches_nothing(device):
    path, reader = device
    dog = Watchdog(Mode.OFF, path=path, opened=Fifo)
    dog.arm()
    dog.pet()
    dog.disarm()
    assert written(reader) is None


def test_a_device_that_went_away_is_told(device, caplog):
    dog = Watchdog(Mode.REQUIRED, path=device[0], opened=Fifo)
    dog.arm()
    os.dup2(os.open(os.devnull, os.O_RDONLY), dog._device._file)
    dog.pet()
    dog.disarm()
    assert "cannot be petted" in caplog.text
    assert "cannot be stopped" in caplog.text


def test_the_requests_are_those_of_the_kernel():
    """_IOWR('W', 6, int) and _IOR('W', 7, int)."""
    assert (3 << 30) | (4 << 16) | (ord("W") << 8) | 6 == watchdog._SET_TIMEOUT
    assert (2 << 30) | (4 << 16) | (ord("W") << 8) | 7 == watchdog._GET_TIMEOUT
