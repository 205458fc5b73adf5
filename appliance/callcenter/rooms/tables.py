"""The table of conference rooms."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class RoomRow(Base):
    __tablename__ = "room"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    pin_hash: Mapped[str] = mapped_column(String(128), default="")
    """scrypt, see `pins`; empty = no PIN."""
    moderator_hash: Mapped[str] = mapped_column(String(128), default="")
    starts: Mapped[str] = mapped_column(String(16), default="")
    """Local time as it was entered; empty = always open."""
    ends: Mapped[str] = mapped_column(String(16), default="")
    opens_at: Mapped[Millis | None] = mapped_column(default=None)
    closes_at: Mapped[Millis | None] = mapped_column(default=None)
    invitees: Mapped[str] = mapped_column(Text, default="")
    call_invited: Mapped[bool] = mapped_column(default=False)
    """They are called when the room begins."""
    called_for: Mapped[Millis | None] = mapped_column(default=None)
    """The beginning (`opens_at`) for which they were called; written by call control alone."""
    record: Mapped[bool] = mapped_column(default=False)
    largest: Mapped[int] = mapped_column(default=20)
    created_by: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[Millis] = mapped_column()
    live: Mapped[str] = mapped_column(Text, default="")
    """`LiveRoom` as JSON while somebody is in the room; written by call control alone."""
