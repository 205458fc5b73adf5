"""Queues 队列: where callers wait for an agent."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.callcenter.acd.model import Strategy
from appliance.callcenter.acd.policy import DEFAULT_STEPS, encode
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
    business_types: Mapped[str] = mapped_column(String(255), default="")
    """Comma-separated codes that the wrap-up form offers after calls from here; empty = all."""
    announce_wait: Mapped[bool] = mapped_column(default=True)
    """With the position, say how long it will take."""
    strategy: Mapped[str] = mapped_column(String(16), default=Strategy.LONGEST_IDLE.value)
    age_points: Mapped[int] = mapped_column(default=10)
    """Priority that a caller gains in a minute of waiting."""
    needs: Mapped[str] = mapped_column(Text, default="[]")
    """JSON, see `acd.policy.parse_needs`."""
    steps: Mapped[str] = mapped_column(Text, default=encode(DEFAULT_STEPS))
    """JSON, see `acd.policy.parse_steps`."""
    announce_agent: Mapped[bool] = mapped_column(default=False)
    """Tell the caller the number of the agent who answers."""
    rating: Mapped[bool] = mapped_column(default=False)
    """Ask the caller for a rating when the agent has hung up."""
