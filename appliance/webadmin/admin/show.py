"""How values look on pages and in exported files."""

import csv
import io
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.clock import Millis, to_datetime

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def zone(name: str) -> ZoneInfo:
    """The time zone of that name; a name the system does not know reads as Beijing time."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError:
        return ZoneInfo("Asia/Shanghai")


def when(at: Millis | None, where: ZoneInfo) -> str:
    """`2026-11-22 09:05:00`."""
    return "" if not at else to_datetime(at).astimezone(where).strftime("%Y-%m-%d %H:%M:%S")


def length(milliseconds: int) -> str:
    """`1:05`, `1:02:03`."""
    seconds = max(0, round(milliseconds / 1000))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def size(count: int) -> str:
    """`512 B`, `1.5 MB`."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def masked(number: str) -> str:
    """An identity number without its middle."""
    return number if len(number) < 8 else f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"


def cell(value: object) -> str:
    """A cell that a spreadsheet will not take for a formula (CWE-1236)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def csv_file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a byte order mark: without one, spreadsheets on Chinese Windows read GBK."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()
