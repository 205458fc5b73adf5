"""What shall become of files, from what is known of them. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from appliance.callcenter.replica.model import Filed, Spooled

WAV_HEADER_BYTES = 44
FRAME_BYTES = 4
QUIET_MS = 5_000
"""What the exchange wrote on a box that is not active any more is complete after that."""
LOST_TAIL_MS = 24 * 3_600_000
"""A tail that no call's record ever named: the recording was given up before its call ended."""


class Fate(StrEnum):
    """Of what the exchange wrote on the box that was active before."""

    WAIT = "wait"
    FETCH = "fetch"
    """It holds more than we have."""
    DROP = "drop"
    """What is in it is filed, whole."""


def fate(spooled: Spooled, row: Filed | None, *, here: bool) -> Fate:
    """`here`: whether this box has something of it in its own spool, which is about to be filed.

    A row in front of the file: without one the call may not be over for call control yet.
    """
    if row is None or spooled.quiet_ms < QUIET_MS or here:
        return Fate.WAIT
    if row.status == "deleted":
        return Fate.DROP
    if row.status == "ready":
        whole = not row.salvaged or filed_bytes(spooled.size_bytes) <= row.size_bytes
        return Fate.DROP if whole else Fate.FETCH
    return Fate.FETCH


def filed_bytes(raw_bytes: int) -> int:
    """Size of the WAV file that is made of so much sound; half a frame at the end is dropped."""
    return raw_bytes // FRAME_BYTES * FRAME_BYTES + WAV_HEADER_BYTES


def to_tail(spool: Iterable[Spooled], tails: Mapping[str, int]) -> list[tuple[str, int]]:
    """Which recordings in progress have grown, each with the byte to go on from.

    One that is shorter than its tail was begun anew.
    """
    grown = []
    for one in spool:
        have = tails.get(one.id, 0)
        if one.size_bytes != have and one.size_bytes:
            grown.append((one.id, have if one.size_bytes > have else 0))
    return grown


def tail_is_done(row: Filed | None, *, filed_here: bool, quiet_ms: int) -> bool:
    """Whether a tail on the standby has served its purpose."""
    if row is None:
        return quiet_ms > LOST_TAIL_MS
    return row.status == "deleted" or (row.status == "ready" and filed_here)
