"""Tickets and each attempt to fulfil one."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import Base


class CallbackRow(Base):
    """See `callbacks.model.Ticket`."""

    __tablename__ = "callback"
    __table_args__ = (Index("ix_callback_state_created", "state", "created_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    queue_id: Mapped[int] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(String(32))
    lookup: Mapped[str] = mapped_column(String(32), index=True)
    open_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """`<queue>:<lookup>` while the ticket is open, else NULL: one open ticket for each queue and number."""
    priority: Mapped[int] = mapped_column(default=0)
    since: Mapped[Millis] = mapped_column()
    created_at: Mapped[Millis] = mapped_column()
    expires_at: Mapped[Millis] = mapped_column()
    next_at: Mapped[Millis] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=1)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id", ondelete="SET NULL"))
    claim: Mapped[str] = mapped_column(String(32), default="")
    tried_at: Mapped[Millis] = mapped_column(default=0)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="SET NULL"), index=True)
    origin: Mapped[str] = mapped_column(String(32), default="")
    """The interaction it came from; that row is written when its call has ended."""
    cause: Mapped[str] = mapped_column(String(12), default="")
    reason: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    closed_at: Mapped[Millis | None] = mapped_column()
    closed_by: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[Millis] = mapped_column(index=True)
    """Call control looks every second for what others changed."""


class CallbackAttemptRow(Base):
    """Written before the number is dialled: its key is the call's id, so no attempt is made twice."""

    __tablename__ = "callback_attempt"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    callback_id: Mapped[str] = mapped_column(ForeignKey("callback.id", ondelete="CASCADE"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id", ondelete="SET NULL"))
    at: Mapped[Millis] = mapped_column()
    result: Mapped[str] = mapped_column(String(16), default="")
    """A value of `calls.model.Outcome` or of `callbacks.rules`; empty while it goes on."""
