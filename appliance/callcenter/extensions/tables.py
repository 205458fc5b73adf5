"""Internal extensions 分机: the numbers and accounts of desk phones."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class ExtensionRow(Base):
    __tablename__ = "extension"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(64), default="")
    digest_ha1: Mapped[str] = mapped_column(String(32), default="")
    """MD5(number:hcc:secret), RFC 2617; the secret itself is shown once and not kept."""
    outside_calls: Mapped[bool] = mapped_column(default=False)
    emergency: Mapped[bool] = mapped_column(default=False)
    """Rings when call control is absent."""
    created_at: Mapped[Millis] = mapped_column()
