"""Queries about limits of outside calls."""

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock, conditions
from appliance.callcenter.call_limits.history import KEPT_MS
from appliance.callcenter.call_limits.model import (
    Attempt,
    CallClass,
    Limit,
    LimitDraft,
    LimitEntry,
    Policy,
    Rules,
)
from appliance.callcenter.call_limits.tables import CallLimitRow
from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.records import RecordStore
from appliance.callcenter.settings.tables import SettingRow

POLICY_KEY = "outside_calls"
VELOCITY = "outside-velocity"
"""The kind of condition that is raised."""

RELEASES = 1000


class LimitStore(RecordStore[LimitEntry, LimitDraft]):
    row = CallLimitRow
    searched = (CallLimitRow.scope, CallLimitRow.subject)
    sorts = {"target": CallLimitRow.subject}  # noqa: RUF012
    order = CallLimitRow.scope
    same = ("night", "at_once", "calls_per_hour", "calls_per_day", "minutes_per_day")

    def model(self, row: CallLimitRow) -> LimitEntry:
        classes = {one.value: one.value in row.classes.split() for one in CallClass}
        return LimitEntry(**self.alike(row), **classes, target=f"{row.scope}:{row.subject}")

    def values(self, draft: LimitDraft) -> dict[str, Any]:
        scope, _, subject = draft.target.partition(":")
        classes = [one.value for one in CallClass if getattr(draft, one.value)]
        return super().values(draft) | {"scope": scope, "subject": subject, "classes": " ".join(classes)}


async def policy(session: AsyncSession) -> Policy:
    row = await session.get(SettingRow, POLICY_KEY)
    return msgspec.json.decode(row.value, type=Policy) if row is not None else Policy()


async def save_policy(session: AsyncSession, wanted: Policy) -> None:
    await session.merge(SettingRow(key=POLICY_KEY, value=msgspec.json.encode(wanted).decode()))


async def load(session: AsyncSession) -> Rules:
    """Everything that decides about an outside call, but what was called already."""
    rows = (await session.scalars(select(CallLimitRow))).all()
    open_ones = await conditions.present(session, VELOCITY)
    over = await conditions.past(session, RELEASES, clock.now_ms() - KEPT_MS, VELOCITY)
    known = await policy(session)
    return Rules(
        policy=known,
        limits={(row.scope, row.subject): _limit(row) for row in rows},
        blocked=frozenset(one.subject for one in open_ones) if known.block else frozenset(),
        released={one.subject: one.cleared_at or 0 for one in reversed(over)},
    )


def _limit(row: CallLimitRow) -> Limit:
    classes = frozenset(CallClass(one) for one in row.classes.split())
    return Limit(classes, row.night, row.at_once, row.calls_per_hour, row.calls_per_day, row.minutes_per_day)


async def attempts(session: AsyncSession, since: clock.Millis) -> list[Attempt]:
    """Outside calls from the records, oldest first."""
    row = InteractionRow
    query = (
        select(row.started_at, row.caller, row.trunk, row.answered_at, row.talk_ms)
        .where(row.started_at >= since, row.direction == "outbound")
        .order_by(row.started_at)
    )
    return [
        Attempt(at, caller, trunk, answered_at is not None, talk_ms)
        for at, caller, trunk, answered_at, talk_ms in await session.execute(query)
    ]


async def all_targets(session: AsyncSession) -> dict[str, int]:
    """Scope and subject → id."""
    rows = await session.execute(select(CallLimitRow.scope, CallLimitRow.subject, CallLimitRow.id))
    return {f"{scope}:{subject}": key for scope, subject, key in rows}
