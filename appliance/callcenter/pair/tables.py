"""What is kept of the pair: every change of who leads, and every monthly test."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import Base


class FailoverRow(Base):
    __tablename__ = "failover"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """`Failover.id`."""
    at: Mapped[Millis] = mapped_column(index=True)
    document: Mapped[str] = mapped_column(Text)
    """JSON of `Failover`."""


class PairTestRow(Base):
    __tablename__ = "pair_test"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    """`2026-11`: at most one in a month."""
    begun_at: Mapped[Millis]
    ended_at: Mapped[Millis | None] = mapped_column(default=None)
    result: Mapped[str] = mapped_column(String(16))
    """A value of `monthly.Result`."""
    target: Mapped[str] = mapped_column(String(32), default="")
    reasons: Mapped[str] = mapped_column(Text, default="[]")
    """JSON list of names of `NotReady`."""
    failover_id: Mapped[str] = mapped_column(String(64), default="")
