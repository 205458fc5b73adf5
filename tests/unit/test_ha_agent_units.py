"""What systemd says of the active target's units, and what that means."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.ha.agent import health
from appliance.ha.agent.unit_rules import (
    Restarts,
    Unit,
    any_failed,
    are_running,
    are_stopped,
    parse_calls,
    parse_units,
)

pytestmark = pytest.mark.req("HA-1")

SHOWN = """NRestarts=2
Id=asterisk.service
ActiveState=active
SubState=running

NRestarts=
Id=hcc-prepare.service
ActiveState=active
SubState=exited

nonsense
"""
NAMES = ("a", "b")


def units(*states: str) -> dict[str, Unit]:
    return {name: Unit(name, *state.split("/")) for name, state in zip(NAMES, states, strict=True)}


def test_the_answer_of_systemctl_is_read() -> None:
    assert parse_units(SHOWN) == {
        "asterisk.service": Unit("asterisk.service", "active", "running", 2),
        "hcc-prepare.service": Unit("hcc-prepare.service", "active", "exited"),
    }
    assert parse_units("") == {}


@pytest.mark.parametrize(
    ("states", "running", "stopped", "failed"),
    [
        (("active/running", "active/exited"), True, False, False),
        (("active/running", "reloading/reload"), True, False, False),
        (("active/running", "activating/auto-restart"), False, False, True),
        (("active/running", "activating/start"), False, False, False),
        (("active/running", "deactivating/stop-sigterm"), False, False, False),
        (("inactive/dead", "deactivating/stop-sigterm"), False, False, False),
        (("inactive/dead", "inactive/dead"), False, True, False),
        (("inactive/dead", "failed/failed"), False, True, True),
    ],
)
def test_all_run_all_are_stopped_or_neither(
    states: tuple[str, str], running: bool, stopped: bool, failed: bool
) -> None:
    seen = units(*states)
    found = are_running(seen, NAMES), are_stopped(seen, NAMES), any_failed(seen, NAMES)
    assert found == (running, stopped, failed)


def test_a_unit_that_is_not_told_of_neither_runs_nor_is_stopped() -> None:
    assert not are_running({}, NAMES)
    assert not are_stopped({}, NAMES)


def test_restarts_are_counted_for_a_minute() -> None:
    restarts = Restarts()
    restarts.note({"a": Unit("a", "active", "running", 7)}, 0)
    assert restarts.of_last_minute(0) == 0, "those from before we looked are not ours to count"
    restarts.note({"a": Unit("a", "active", "running", 9)}, 1_000)
    restarts.note({"a": Unit("a", "active", "running", 0)}, 2_000)
    assert restarts.of_last_minute(2_000) == 2
    assert restarts.of_last_minute(61_000) == 0


@pytest.mark.parametrize(
    ("text", "calls"), [("12 active calls\n30 calls processed\n", 12), ("1 active call", 1), ("", None)]
)
def test_calls_are_read_from_what_asterisk_says(text: str, calls: int | None) -> None:
    assert parse_calls(text) == calls


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "disk", folder], check=True, timeout=5)
    yield folder
    subprocess.run(["umount", folder], check=True, timeout=5)


def remount(disk: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", disk], check=True, timeout=5)


async def test_a_read_only_disk_is_failed_after_two_looks_and_well_again_after_one(disk: Path, tmp_path: Path) -> None:
    machine = health.MachineHealth([tmp_path, disk], lambda: None)

    async def looked(option: str = "") -> tuple[bool, bool]:
        if option:
            remount(disk, option)
        await machine._look()
        return machine.disk_failed(), machine.fitness() < 60

    assert [await looked(), await looked("ro"), await looked(), await looked("rw")] == [
        (False, False),
        (False, False),
        (True, True),
        (False, False),
    ]


async def test_a_full_disk_is_not_a_failed_one_and_one_that_is_not_there_yet_neither(disk: Path) -> None:
    with contextlib.suppress(OSError), (disk / "all of it").open("wb", buffering=0) as file:
        while file.write(bytes(1_024)):
            pass
    machine = health.MachineHealth([disk, disk / "nowhere"], lambda: None)
    for _ in range(3):
        await machine._look()
    assert not machine.disk_failed()
    assert machine._troubles.now() == ("writing to the disk: No space left on device",)


def test_missing_members_of_arrays_are_counted(tmp_path: Path) -> None:
    for name, missing in (("md0", "1"), ("md1", "0"), ("sda", "5")):
        folder = tmp_path / name / "md"
        folder.mkdir(parents=True)
        (folder / "degraded").write_text(missing)
    assert health.degraded_arrays(tmp_path) == 1
