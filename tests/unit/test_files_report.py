"""How far files have followed, as `hcc cluster status` says it."""

from pathlib import Path

import msgspec
import pytest

from appliance import clock
from appliance.ha.files_report import FRESH_MS, FilesView, files_report
from appliance.ha.provision.status import files_lines

pytestmark = pytest.mark.req("REC-2", "HA-6")


def test_copies_and_troubles_are_told(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    assert files_lines(files_report(path)) == []
    path.write_bytes(msgspec.json.encode(FilesView(clock.now_ms(), True, 0)))
    assert files_lines(files_report(path)) == ["recordings with one copy 仅有一份的录音: 0"]
    path.write_bytes(msgspec.json.encode(FilesView(clock.now_ms(), True, 3, 1_700_000_000_000, ("the disk is full",))))
    (copies, trouble) = files_lines(files_report(path))
    assert copies.startswith("recordings with one copy 仅有一份的录音: 3, oldest 最早 2023-11-1")
    assert trouble == "files 文件: the disk is full"


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"wall_ms":"x"}'])
def test_what_cannot_be_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "progress.json"
    path.write_bytes(content)
    assert files_report(path) is None


def test_what_is_old_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_bytes(msgspec.json.encode(FilesView(clock.now_ms() - FRESH_MS - 1, True, 3)))
    assert files_report(path) is None
