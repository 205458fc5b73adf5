"""Queries about the pair's history, its monthly test, and its alarms."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance.callcenter.calls.tables import InteractionRow
from appliance.callcenter.listing import Listing, Results, fetch
from appliance.callcenter.pair.failovers import Failover
from appliance.callcenter.pair.monthly import PairTest, Result, TestPlan
from appliance.callcenter.pair.tables import FailoverRow, PairTestRow
from appliance.callcenter.settings.tables import SettingRow
from appliance.clock import Millis
from appliance.ha.decision.readiness import named

PLAN_KEY = "pair_test"


async def plan(session: AsyncSession) -> TestPlan:
    row = await session.get(SettingRow, PLAN_KEY)
    return msgspec.json.decode(row.value, type=TestPlan) if row is not None else TestPlan()


async def save_plan(session: AsyncSession, wanted: TestPlan) -> None:
    await session.merge(SettingRow(key=PLAN_KEY, value=msgspec.json.encode(wanted).decode()))


# -- history ---------------------------------------------------------------------------------------


async def keep(session: AsyncSession, found: Iterable[Failover]) -> None:
    """New ones, and what has become known of old ones; the first call is never forgotten."""
    for one in found:
        row = await session.get(FailoverRow, one.id)
        known = _failover(row) if row is not None else None
        first_call = known.first_call_at if known is not None else None
        told = msgspec.structs.replace(one, first_call_at=first_call)
        if told != known:
            await session.merge(FailoverRow(id=one.id, at=one.at, document=_encoded(told)))


async def note_first_call(session: AsyncSession, since: Millis) -> None:
    """Of fail-overs after `since` that have none yet."""
    rows = (await session.scalars(select(FailoverRow).where(FailoverRow.at >= since))).all()
    for row in rows:
        one = _failover(row)
        if one.first_call_at is not None or one.active_after_ms is None:
            continue
        calls = select(func.min(InteractionRow.started_at)).where(
            InteractionRow.started_at >= one.at + one.active_after_ms, InteractionRow.direction == "inbound"
        )
        first = await session.scalar(calls)
        if first is not None:
            row.document = _encoded(msgspec.structs.replace(one, first_call_at=first))


async def failovers(session: AsyncSession, listing: Listing) -> Results[Failover]:
    """Newest first."""
    rows, total = await fetch(session, select(FailoverRow), listing, {}, FailoverRow.at.desc(), FailoverRow.id)
    return Results(tuple(_failover(row) for (row,) in rows), total, listing)


async def failover(session: AsyncSession, failover_id: str) -> Failover | None:
    row = await session.get(FailoverRow, failover_id)
    return _failover(row) if row is not None else None


def _failover(row: FailoverRow) -> Failover:
    return msgspec.json.decode(row.document, type=Failover)


def _encoded(one: Failover) -> str:
    return msgspec.json.encode(one).decode()


# -- monthly test ----------------------------------------------------------------------------------


async def latest_test(session: AsyncSession) -> PairTest | None:
    row = await session.scalar(select(PairTestRow).order_by(PairTestRow.month.desc()).limit(1))
    return _test(row) if row is not None else None


async def tests(session: AsyncSession, limit: int) -> tuple[PairTest, ...]:
    """Newest first."""
    rows = await session.scalars(select(PairTestRow).order_by(PairTestRow.month.desc()).limit(limit))
    return tuple(_test(row) for row in rows)


async def save_test(session: AsyncSession, test: PairTest) -> None:
    await session.merge(
        PairTestRow(
            month=test.month,
            begun_at=test.begun_at,
            ended_at=test.ended_at,
            result=test.result.value,
            target=test.target,
            reasons=msgspec.json.encode([reason.name.lower() for reason in test.reasons]).decode(),
            failover_id=test.failover_id,
        )
    )


def _test(row: PairTestRow) -> PairTest:
    names: list[str] = msgspec.json.decode(row.reasons)
    return PairTest(
        month=row.month,
        begun_at=row.begun_at,
        result=Result(row.result),
        target=row.target,
        reasons=tuple(named(name) for name in names),
        ended_at=row.ended_at,
        failover_id=row.failover_id,
    )
