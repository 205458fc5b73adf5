"""Keys of integrators, what they were told, and what they asked."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class ApiKeyRow(Base):
    __tablename__ = "api_key"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    """The readable part of the key."""
    secret_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the rest: 256 random bits need no slow hash. Empty until the key was shown."""
    scopes: Mapped[str] = mapped_column(String(128), default="")
    sources: Mapped[str] = mapped_column(Text, default="")
    agents: Mapped[str] = mapped_column(Text, default="")
    queues: Mapped[str] = mapped_column(Text, default="")
    origins: Mapped[str] = mapped_column(Text, default="")
    per_second: Mapped[int] = mapped_column(default=20)
    lease_seconds: Mapped[int] = mapped_column(default=120)
    expires_on: Mapped[str] = mapped_column(String(10), default="")
    created_at: Mapped[Millis] = mapped_column()
    created_by: Mapped[str] = mapped_column(String(64), default="")
    last_used_at: Mapped[Millis | None] = mapped_column()
    last_used_address: Mapped[str] = mapped_column(String(64), default="")


class EventRow(Base):
    """What integrators were told, with the number by which they ask for what they missed."""

    __tablename__ = "webcti_event"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Millis] = mapped_column(index=True)
    type: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(48), index=True)
    agents: Mapped[str] = mapped_column(Text, default="")
    queues: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[str] = mapped_column(Text)
    """JSON."""


class IdempotentRequestRow(Base):
    """A request that must not be done twice, and what was answered."""

    __tablename__ = "webcti_request"

    key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[Millis] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column()
    """None while it is being done, and for ever when the program was killed meanwhile."""
    answer: Mapped[str] = mapped_column(Text, default="")


class LeaseRow(Base):
    __tablename__ = "webcti_lease"

    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id", ondelete="CASCADE"))
    seconds: Mapped[int] = mapped_column()
    sign_in: Mapped[str] = mapped_column(String(32))
    lost_at: Mapped[Millis | None] = mapped_column()


class WebhookRow(Base):
    __tablename__ = "webhook"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(64))
    """Signs what is sent, so it must be kept as it is."""
    types: Mapped[str] = mapped_column(Text, default="")
    agents: Mapped[str] = mapped_column(Text, default="")
    queues: Mapped[str] = mapped_column(Text, default="")
    patients: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    verify_tls: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Millis] = mapped_column()
    last_at: Mapped[Millis | None] = mapped_column()
    last_status: Mapped[str] = mapped_column(String(200), default="")
    failures: Mapped[int] = mapped_column(default=0)


class DeliveryRow(Base):
    """An event that a webhook has not taken yet; removed when it has."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (Index("ix_webhook_delivery_due", "webhook_id", "dead", "id"), NEVER_REUSE_IDS)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column()
    type: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Millis] = mapped_column()
    attempts: Mapped[int] = mapped_column(default=0)
    dead: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(String(200), default="")
