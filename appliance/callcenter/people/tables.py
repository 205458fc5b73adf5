"""Users who sign in to the web, their sessions, and what makes some of them agents."""

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class UserRow(Base):
    __tablename__ = "user_account"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    role: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8), default="zh_CN")
    active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Millis] = mapped_column(default=0)
    created_at: Mapped[Millis] = mapped_column()


class SessionRow(Base):
    """A browser that has logged in; the cookie's value is stored only as its SHA-256."""

    __tablename__ = "web_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Millis] = mapped_column()
    last_seen_at: Mapped[Millis] = mapped_column()
    expires_at: Mapped[Millis] = mapped_column()
    address: Mapped[str] = mapped_column(String(64), default="")


class AgentRow(Base):
    """A user who takes calls. `number` is the agent number 工号 told to callers."""

    __tablename__ = "agent"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), unique=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    extension_id: Mapped[int | None] = mapped_column(ForeignKey("extension.id", ondelete="SET NULL"))
    phone: Mapped[str] = mapped_column(String(8), default="web")
    """`web` (the browser) or `sip` (the desk phone of `extension_id`)."""
    remote: Mapped[bool] = mapped_column(default=False)
    """May sign in with a number outside."""
    active: Mapped[bool] = mapped_column(default=True)
    pin_hash: Mapped[str] = mapped_column(String(255), default="")
    """Of the PIN that is keyed to sign in at any desk phone; empty = not possible."""


class QueueAgentRow(Base):
    __tablename__ = "queue_agent"
    __table_args__ = (UniqueConstraint("queue_id", "agent_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queue.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)


class AuditRow(Base):
    """Who did what to which record; never updated, never deleted by the program."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject_kind", "subject_id"), NEVER_REUSE_IDS)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[Millis] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column()
    login: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32), default="")
    subject_id: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
