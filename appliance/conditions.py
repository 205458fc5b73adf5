"""Conditions: something that is wrong until it is cleared. Whoever notices raises one; managers see a banner."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Index, String, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import Base, new_id
from appliance.errors import NotFoundError


class ConditionRow(Base):
    __tablename__ = "condition"
    __table_args__ = (Index("ix_condition_kind_subject", "kind", "subject"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    """What is wrong, a stable word: `outside-velocity`, `room-pin`, …"""
    subject: Mapped[str] = mapped_column(String(64))
    """With whom or what: an extension, a disk, a trunk."""
    since: Mapped[Millis] = mapped_column(index=True)
    cleared_at: Mapped[Millis | None] = mapped_column(index=True, default=None)
    cleared_by: Mapped[str] = mapped_column(String(64), default="")
    text_zh: Mapped[str] = mapped_column(String(500))
    text_en: Mapped[str] = mapped_column(String(500))


@dataclass(frozen=True)
class Condition:
    id: str
    kind: str
    subject: str
    since: Millis
    cleared_at: Millis | None
    cleared_by: str
    text_zh: str
    text_en: str

    def text(self, language: str) -> str:
        """In "zh_CN" or "en"."""
        return self.text_zh if language.startswith("zh") else self.text_en


def raise_condition(connection: Connection, kind: str, subject: str, zh: str, en: str, now: Millis) -> bool:
    """Note that it is so; False when it was known already."""
    same = select(ConditionRow.id).where(
        ConditionRow.kind == kind, ConditionRow.subject == subject, ConditionRow.cleared_at.is_(None)
    )
    if connection.scalar(same) is not None:
        return False
    values = {"id": new_id(), "kind": kind, "subject": subject[:64], "since": now, "cleared_by": ""}
    connection.execute(insert(ConditionRow).values(**values, text_zh=zh[:500], text_en=en[:500]))
    return True


async def clear(session: AsyncSession, condition_id: str, by: str, now: Millis) -> Condition:
    """It is over, or somebody dealt with it. Raises NotFoundError."""
    row = await session.get(ConditionRow, condition_id)
    if row is None:
        raise NotFoundError
    if row.cleared_at is None:
        row.cleared_at, row.cleared_by = now, by
    return _condition(row)


async def clear_subject(session: AsyncSession, kind: str, subject: str, now: Millis) -> None:
    """For what ends by itself."""
    still = (ConditionRow.kind == kind, ConditionRow.subject == subject, ConditionRow.cleared_at.is_(None))
    await session.execute(update(ConditionRow).where(*still).values(cleared_at=now))


async def present(session: AsyncSession, kind: str = "") -> list[Condition]:
    """What is wrong right now, oldest first."""
    query = select(ConditionRow).where(ConditionRow.cleared_at.is_(None)).order_by(ConditionRow.since)
    if kind:
        query = query.where(ConditionRow.kind == kind)
    return [_condition(row) for row in await session.scalars(query)]


async def past(session: AsyncSession, limit: int, since: Millis = 0, kind: str = "") -> list[Condition]:
    """What was wrong and ended after `since`, newest first."""
    query = select(ConditionRow).where(ConditionRow.cleared_at > since).order_by(ConditionRow.cleared_at.desc())
    if kind:
        query = query.where(ConditionRow.kind == kind)
    rows: Sequence[ConditionRow] = (await session.scalars(query.limit(limit))).all()
    return [_condition(row) for row in rows]


def _condition(row: ConditionRow) -> Condition:
    return Condition(**{name: getattr(row, name) for name in Condition.__dataclass_fields__})
