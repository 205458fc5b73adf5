"""What shift managers leave behind: messages and who read them, agents lent to other queues, links of wallboards."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class StaffMessageRow(Base):
    __tablename__ = "staff_message"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[Millis] = mapped_column(index=True)
    user_id: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(64))
    """`all`, `queue:<id>` or `agent:<id>`."""
    body: Mapped[str] = mapped_column(Text)


class StaffReceiptRow(Base):
    __tablename__ = "staff_message_receipt"
    __table_args__ = (UniqueConstraint("message_id", "agent_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("staff_message.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(index=True)
    read_at: Mapped[Millis] = mapped_column(default=0)
    """0 = not yet."""


class AgentMoveRow(Base):
    """The queues an agent serves until she signs out, in the place of her own."""

    __tablename__ = "agent_move"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    queues: Mapped[str] = mapped_column(Text)
    """JSON list of queue ids."""


class WallboardLinkRow(Base):
    """A wallboard that shows figures without a log-in; the link's token is stored only as its SHA-256."""

    __tablename__ = "wallboard_link"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(8), default="zh_CN")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Millis] = mapped_column()
    last_seen_at: Mapped[Millis] = mapped_column(default=0)
