"""Queues 队列: where callers wait for an agent."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from appliance.db import NEVER_REUSE_IDS, Base, Key


class QueueRow(Base):
    __tablename__ = "queue"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)
    """Internal number of the queue, dialled by extensions and as a transfer target."""
    ring_seconds: Mapped[int] = mapped_column(default=15)
    wrap_up_seconds: Mapped[int] = mapped_column(default=30)
    service_level_seconds: Mapped[int] = mapped_column(default=20)
    announce_seconds: Mapped[int] = mapped_column(default=60)
    """Time between two position announcements; 0 = none."""
    max_wait_seconds: Mapped[int] = mapped_column(default=600)
    callback_mode: Mapped[str] = mapped_column(String(8), default="off")
    """A value of `callbacks.model.Mode`."""
    callback_key: Mapped[str] = mapped_column(String(1), default="1")
    callback_attempts: Mapped[int] = mapped_column(default=3)
    callback_gap_minutes: Mapped[int] = mapped_column(default=5)
    callback_expiry_hours: Mapped[int] = mapped_column(default=24)
    sticky_tried_days: Mapped[int] = mapped_column(default=0)
    """So long a caller reaches the agent who last tried to reach her; 0 = not."""
    sticky_talked_days: Mapped[int] = mapped_column(default=0)
    """So long a caller reaches the agent whom she talked with last; 0 = not."""
    sticky_wait_seconds: Mapped[int] = mapped_column(default=30)
    """How long that agent is waited for while she is busy."""
    overflow_prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id", ondelete="SET NULL"))
    """Played when nobody is signed in or the longest wait is reached, then the call ends."""
    business_types: Mapped[str] = mapped_column(String(255), default="")
    """Comma-separated codes that the wrap-up form offers after calls from here; empty = all."""
