"""Queries about the blacklist."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.blacklist.model import Action, Blocked, Entry, EntryDraft, Kind
from appliance.callcenter.blacklist.rules import Blacklist, blacklist, caller_key
from appliance.callcenter.blacklist.tables import BlacklistRow
from appliance.callcenter.patients.tables import PatientPhoneRow, PatientRow
from appliance.callcenter.records import RecordStore
from appliance.callcenter.settings import store as settings_store
from appliance.clock import Millis


class BlacklistStore(RecordStore[Entry, EntryDraft]):
    row = BlacklistRow
    searched = (BlacklistRow.number, BlacklistRow.key, BlacklistRow.reason, BlacklistRow.added_by)
    sorts = {  # noqa: RUF012
        "number": BlacklistRow.number,
        "expires": BlacklistRow.expires_on,
        "added": BlacklistRow.added_at,
        "hits": BlacklistRow.hits,
    }
    order = BlacklistRow.proposed.desc()

    def model(self, row: BlacklistRow) -> Entry:
        return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})

    def values(self, draft: EntryDraft) -> dict[str, Any]:
        """Saving agrees to what was only proposed."""
        return {
            "kind": draft.kind,
            "number": draft.number,
            "key": caller_key(draft.number),
            "action": draft.action,
            "reason": draft.reason,
            "expires_on": draft.expires_on,
            "proposed": False,
        }


def end_of(day: str, zone: ZoneInfo) -> Millis | None:
    """The first instant after `day` (ISO 8601) where the hospital is."""
    if not day:
        return None
    return clock.from_datetime(datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(days=1))


async def finish(session: AsyncSession, record_id: int, draft: EntryDraft) -> None:
    """What a draft alone does not say: the instant at which it ends, in the hospital's time zone."""
    zone = ZoneInfo((await settings_store.load(session)).time_zone)
    changed = update(BlacklistRow).where(BlacklistRow.id == record_id)
    await session.execute(changed.values(expires_at=end_of(draft.expires_on, zone)))


async def load(session: AsyncSession) -> Blacklist:
    """Every rule that is in force now or may be later."""
    rows = await session.execute(
        select(
            BlacklistRow.id, BlacklistRow.kind, BlacklistRow.key, BlacklistRow.action, BlacklistRow.expires_at
        ).where(BlacklistRow.proposed.is_(False))
    )
    return blacklist(Blocked(key, Kind(kind), digits, Action(action), at) for key, kind, digits, action, at in rows)


async def find_key(session: AsyncSession, kind: str, key: str) -> BlacklistRow | None:
    query = select(BlacklistRow).where(BlacklistRow.kind == kind, BlacklistRow.key == key)
    return (await session.scalars(query)).one_or_none()


async def vip_numbers(session: AsyncSession) -> list[tuple[str, str]]:
    """(number, name) of every VIP's telephone."""
    query = (
        select(PatientPhoneRow.number, PatientRow.name)
        .join(PatientRow, PatientRow.id == PatientPhoneRow.patient_id)
        .where(PatientRow.vip)
    )
    return [(number, name) for number, name in await session.execute(query)]


def count_hit(entry_id: int, at: Millis) -> Callable[[Connection], None]:
    """For the journal: one more caller was stopped by the entry."""

    def write(connection: Connection) -> None:
        changed = update(BlacklistRow).where(BlacklistRow.id == entry_id)
        connection.execute(changed.values(hits=BlacklistRow.hits + 1, last_hit_at=at))

    return write
