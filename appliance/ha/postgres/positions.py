"""Places in the log of changes: positions (LSN), time lines, and whether one server can follow another. Pure."""

import re
from dataclasses import dataclass

SEGMENT_BYTES = 16 * 2**20
_SEGMENTS_OF_LOG = 2**32 // SEGMENT_BYTES
_HISTORY_LINE = re.compile(r"^\s*(\d+)\s+([0-9A-Fa-f]+/[0-9A-Fa-f]+)")


def parse_lsn(text: str) -> int:
    """`16/B374D848` as a number of bytes. Raises ValueError."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def show_lsn(lsn: int) -> str:
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:08X}"


@dataclass(frozen=True)
class Position:
    timeline: int
    lsn: int

    def __str__(self) -> str:
        return f"{show_lsn(self.lsn)} of time line {self.timeline}"


def parse_history(text: str) -> tuple[Position, ...]:
    """A time line's history file: earlier time lines, each with the position at which it was left."""
    found = (_HISTORY_LINE.match(line) for line in text.splitlines())
    return tuple(Position(int(line.group(1)), parse_lsn(line.group(2))) for line in found if line)


@dataclass(frozen=True)
class Course:
    """What a primary has gone through: its time line, how far it is, and where it came from."""

    now: Position
    past: tuple[Position, ...] = ()

    def goes_through(self, position: Position) -> bool:
        """Whether a server that has everything up to `position` can follow: false, it has what this one has not."""
        if position.timeline == self.now.timeline:
            return position.lsn <= self.now.lsn
        return any(left.timeline == position.timeline and position.lsn <= left.lsn for left in self.past)

    def segments_for(self, position: Position) -> tuple[str, ...]:
        """Names of the files in which a follower goes on reading; any of them will do, empty: it is not written yet.

        When a time line is left in the middle of a file, the file is there under the name of the next one.
        """
        if position.lsn // SEGMENT_BYTES >= self.now.lsn // SEGMENT_BYTES:
            return ()
        timelines = [*(left.timeline for left in self.past), self.now.timeline]
        return tuple(segment_name(Position(line, position.lsn)) for line in timelines if line >= position.timeline)


def segment_name(position: Position) -> str:
    """The file of pg_wal in which that position is, for the usual 16 MB."""
    number = position.lsn // SEGMENT_BYTES
    return f"{position.timeline:08X}{number // _SEGMENTS_OF_LOG:08X}{number % _SEGMENTS_OF_LOG:08X}"


def history_name(timeline: int) -> str:
    return f"{timeline:08X}.history"
