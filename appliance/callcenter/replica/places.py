"""Where the files lie on one box, and how one is written: complete and verified, or not at all."""

import hashlib
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.callcenter.calls.recordings import CUT
from appliance.callcenter.replica.model import PROMPT, RECORDING, SPOOLED, Filed, Spooled, StoreId
from appliance.disk import put_away

BLOCK_BYTES = 256 * 1024
RESERVE_BYTES = 512 * 2**20
RESERVE_SHARE = 0.02
"""Of the disk is left for those who cannot wait: the database, and recordings in progress."""
RAW = ".raw"
MOST_LISTED = 5_000


class FullError(OSError):
    """The disk has no room for what is to follow."""


class BadNameError(ValueError):
    """Not a name that we give."""


def named(pattern: str, name: str) -> str:
    """`name` if it is one that we give: never a way out of the folder. Raises BadNameError."""
    if re.fullmatch(pattern, name, re.ASCII) is None:
        raise BadNameError(name[:80])
    return name


@dataclass(frozen=True)
class Folders:
    recordings: Path
    prompts: Path
    spool: Path
    tails: Path

    def recording(self, name: str) -> Path:
        """Raises BadNameError."""
        return self.recordings / named(RECORDING, name)

    def cut(self, name: str) -> Path:
        """What was saved of a recording whose file lies on the other box. Raises BadNameError."""
        return self.recording(name).with_suffix(CUT)

    def prompt(self, name: str) -> Path:
        """Raises BadNameError."""
        return self.prompts / named(PROMPT, name)

    def spooled(self, name: str) -> Path:
        """Raises BadNameError."""
        return self.spool / f"{named(SPOOLED, name)}{RAW}"

    def tail(self, name: str) -> Path:
        """Raises BadNameError."""
        return self.tails / f"{named(SPOOLED, name)}{RAW}"

    def remove(self, row: Filed) -> None:
        """Everything of a recording that was deleted. Raises BadNameError."""
        paths = [self.spooled(row.id), self.tail(row.id), self.incoming / f"{named(SPOOLED, row.id)}.wav"]
        if row.file:
            paths += [self.recording(row.file), self.cut(row.file)]
        for path in paths:
            path.unlink(missing_ok=True)

    @property
    def incoming(self) -> Path:
        """On the same disk as the recordings."""
        return self.recordings / ".incoming"

    def make(self) -> None:
        for folder in (self.incoming, self.prompts, self.tails):
            folder.mkdir(parents=True, exist_ok=True)

    def store_id(self) -> StoreId:
        """Made once on each disk."""
        file = self.recordings / ".store"
        if not file.exists():
            write_whole(file, secrets.token_hex(16).encode())
        return file.read_text("ascii").strip()

    def make_room(self, size_bytes: int) -> None:
        """Raises FullError when it would take what others need."""
        disk = shutil.disk_usage(self.recordings)
        if disk.free - size_bytes < max(RESERVE_BYTES, disk.total * RESERVE_SHARE):
            raise FullError(f"{disk.free // 2**20} MiB are free on the disk")


def listed(folder: Path, most: int = MOST_LISTED) -> Iterator[Spooled]:
    """Recordings in progress, and such that were."""
    now_ns, count = time.time_ns(), 0
    for entry in sorted(folder.glob(f"*{RAW}")):
        if re.fullmatch(SPOOLED, entry.stem, re.ASCII) is None or count >= most:
            continue
        try:
            known = entry.lstat()
        except FileNotFoundError:
            continue
        count += 1
        yield Spooled(entry.stem, known.st_size, max(0, now_ns - known.st_mtime_ns) // 1_000_000)


def size_of(path: Path) -> int | None:
    """None: there is no such file."""
    try:
        return path.lstat().st_size
    except FileNotFoundError, NotADirectoryError:
        return None


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def append(path: Path, at: int, content: bytes) -> None:
    """Write `content` at byte `at`; whatever was behind is gone."""
    with path.open("ab") as file:
        if file.tell() != at:
            file.truncate(at)
        file.write(content)


def write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    put_away(part, path)
