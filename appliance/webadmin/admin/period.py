"""Stretches of time named in an address: `from` and `to` as dates, or one of a few usual ones."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from appliance import clock
from appliance.callcenter.forms import phrase
from appliance.clock import Millis

LONGEST_DAYS = 1100

USUAL = (
    ("today", phrase("Today")),
    ("yesterday", phrase("Yesterday")),
    ("7", phrase("Last 7 days")),
    ("30", phrase("Last 30 days")),
    ("90", phrase("Last 90 days")),
)


@dataclass(frozen=True)
class Period:
    """Whole days, both ends included, as people say it."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def since(self) -> Millis:
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> Millis:
        return _midnight(self.last + timedelta(days=1), self.zone)


def _midnight(day: date, zone: ZoneInfo) -> Millis:
    return clock.from_datetime(datetime(day.year, day.month, day.day, tzinfo=zone))


def usual(key: str, today: date) -> tuple[date, date] | None:
    """First and last day of a usual period."""
    if key == "today":
        return today, today
    if key == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    if key in {"7", "30", "90"}:
        return today - timedelta(days=int(key) - 1), today
    return None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2100, 1, 1) else None


def read(key: str, first: str, last: str, zone: ZoneInfo, *, today: date, default: str = "7") -> Period:
    """Dates that are none are passed over; a period the wrong way round is turned; very long ones are cut."""
    named = usual(key, today)
    if named is not None:
        return Period(*named, zone)
    start, end = _day(first), _day(last)
    if start is None and end is None:
        return Period(*(usual(default, today) or (today, today)), zone)
    start, end = start or end or today, end or today
    start, end = min(start, end), max(start, end)
    return Period(max(start, end - timedelta(days=LONGEST_DAYS)), end, zone)
