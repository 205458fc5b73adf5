"""Pause reasons."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from appliance.db import NEVER_REUSE_IDS, Base, Key


class PauseReasonRow(Base):
    __tablename__ = "pause_reason"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    """What the state log and the interfaces say; never changes."""
    name_zh: Mapped[str] = mapped_column(String(32))
    name_en: Mapped[str] = mapped_column(String(32), default="")
    tone: Mapped[str] = mapped_column(String(8), default="red")
    kind: Mapped[str] = mapped_column(String(8), default="break")
    """`work` counts as working time, `break` does not."""
    limit_minutes: Mapped[int] = mapped_column(default=0)
    """At a stretch; 0 = no limit."""
    day_limit_minutes: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=100)
    active: Mapped[bool] = mapped_column(default=True)
