"""The blacklist's table."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class BlacklistRow(Base):
    __tablename__ = "blacklist"
    __table_args__ = (UniqueConstraint("kind", "key", name="uq_blacklist_key"), NEVER_REUSE_IDS)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    """`number`, `prefix` or `hidden`."""
    number: Mapped[str] = mapped_column(String(32), default="")
    key: Mapped[str] = mapped_column(String(32), default="")
    """`rules.caller_key(number)`: what a caller is compared with."""
    action: Mapped[str] = mapped_column(String(8))
    """`busy`, `decline`, `message` or `silent`."""
    reason: Mapped[str] = mapped_column(String(200), default="")
    expires_on: Mapped[str] = mapped_column(String(10), default="")
    expires_at: Mapped[Millis | None] = mapped_column(default=None)
    proposed: Mapped[bool] = mapped_column(default=False)
    added_by: Mapped[str] = mapped_column(String(64), default="")
    added_at: Mapped[Millis] = mapped_column()
    hits: Mapped[int] = mapped_column(default=0)
    last_hit_at: Mapped[Millis | None] = mapped_column(default=None)
