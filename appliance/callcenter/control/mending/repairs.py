"""What the reconciler had to put right: counted, shown to managers, kept for the console."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.control.mending.differences import Difference
from appliance.callcenter.live.tables import RepairRow
from appliance.db import new_id

LAST = 10
KEPT_MS = 90 * 24 * 3_600_000


@dataclass
class Repairs:
    """Since midnight, or since call control started if that was later the same day."""

    counts: Counter[str] = field(default_factory=Counter)
    last: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LAST))
    day: str = ""

    def add(self, difference: Difference, now: clock.Millis, zone: ZoneInfo) -> dict[str, Any]:
        """Count it; returns the row to be stored."""
        self._turn(now, zone)
        self.counts[difference.kind.value] += 1
        shown = {
            "at": now,
            "kind": difference.kind.value,
            "subject": difference.subject,
            "detail": difference.detail,
        }
        self.last.appendleft(shown)
        return {"id": new_id(), **shown}

    def document(self) -> dict[str, Any]:
        return {"counts": dict(self.counts), "last": list(self.last)}

    def _turn(self, now: clock.Millis, zone: ZoneInfo) -> None:
        day = datetime.fromtimestamp(now / 1000, zone).date().isoformat()
        if self.day != day:
            self.day = day
            self.counts.clear()


async def load(session: AsyncSession, zone: ZoneInfo, now: clock.Millis) -> Repairs:
    """Today's counts and the last repairs."""
    midnight = datetime.fromtimestamp(now / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = await session.execute(
        select(RepairRow.kind, func.count())
        .where(RepairRow.at >= clock.from_datetime(midnight))
        .group_by(RepairRow.kind)
    )
    last = await session.scalars(select(RepairRow).order_by(RepairRow.at.desc()).limit(LAST))
    found = Repairs(Counter(dict(counted.tuples().all())))
    found.last.extend({"at": row.at, "kind": row.kind, "subject": row.subject, "detail": row.detail} for row in last)
    found.day = midnight.date().isoformat()
    return found


async def forget_old(session: AsyncSession, now: clock.Millis) -> None:
    await session.execute(delete(RepairRow).where(RepairRow.at < now - KEPT_MS))
