"""Phrase cards."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class ScriptRow(Base):
    __tablename__ = "script"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    title: Mapped[str] = mapped_column(String(64))
    business_type: Mapped[str] = mapped_column(String(32), default="")
    """Empty = for every business type."""
    queue_id: Mapped[int | None] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"))
    """None = for every queue."""
    text: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(default=100)
    active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[Millis] = mapped_column()
