"""The table of limits; what counts for everybody is a setting."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from appliance.db import NEVER_REUSE_IDS, Base, Key


class CallLimitRow(Base):
    __tablename__ = "call_limit"
    __table_args__ = (UniqueConstraint("scope", "subject", name="uq_call_limit_subject"), NEVER_REUSE_IDS)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scope: Mapped[str] = mapped_column(String(16))
    """`role`, `extension` or `trunk`."""
    subject: Mapped[str] = mapped_column(String(64))
    classes: Mapped[str] = mapped_column(String(128), default="")
    """Values of `CallClass`, parted by blanks."""
    night: Mapped[bool] = mapped_column(default=False)
    at_once: Mapped[int] = mapped_column(default=0)
    calls_per_hour: Mapped[int] = mapped_column(default=0)
    calls_per_day: Mapped[int] = mapped_column(default=0)
    minutes_per_day: Mapped[int] = mapped_column(default=0)
