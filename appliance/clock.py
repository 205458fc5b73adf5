"""Time as the programs see it: UTC milliseconds for records, a monotonic clock for waiting."""

import time
from datetime import UTC, datetime

type Millis = int
"""Milliseconds since 1970-01-01 UTC."""


def now_ms() -> Millis:
    return time.time_ns() // 1_000_000


def boot_seconds() -> float:
    """Seconds since this machine was started, sleep included. Nobody can set it; all programs of a machine share it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_ms() -> int:
    """The same clock in whole milliseconds."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def to_datetime(at_ms: Millis) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def from_datetime(at: datetime) -> Millis:
    """`at` must carry a time zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return round(at.timestamp() * 1000)
