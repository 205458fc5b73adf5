"""SIP trunks 中继 to the carrier or the hospital's old PBX, and the numbers (DID) that come in on them."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from appliance.db import NEVER_REUSE_IDS, Base, Key


class TrunkRow(Base):
    __tablename__ = "trunk"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(16), default="address")
    """`address` (the peer is known by its IP) or `register` (we log in at the peer)."""
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int] = mapped_column(default=5060)
    transport: Mapped[str] = mapped_column(String(8), default="udp")
    username: Mapped[str] = mapped_column(String(64), default="")
    password: Mapped[str] = mapped_column(String(128), default="")
    caller_number: Mapped[str] = mapped_column(String(32), default="")
    """The number shown to people called through this trunk."""
    outbound_strip: Mapped[int] = mapped_column(default=0)
    outbound_prefix: Mapped[str] = mapped_column(String(16), default="")
    order: Mapped[int] = mapped_column(default=100)
    """Outgoing calls try the active trunks in this order."""
    max_calls: Mapped[int] = mapped_column(default=30)
    active: Mapped[bool] = mapped_column(default=True)


class DidRow(Base):
    """An outside number and what answers it."""

    __tablename__ = "did"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64), default="")
    trunk_id: Mapped[int | None] = mapped_column(ForeignKey("trunk.id", ondelete="SET NULL"))
    target_kind: Mapped[str] = mapped_column(String(16))
    """`flow`, `queue` or `extension`."""
    target_id: Mapped[int] = mapped_column()
    sticky: Mapped[str] = mapped_column(String(8), default="")
    """A value of `calls.contacts.ByNumber`."""
    active: Mapped[bool] = mapped_column(default=True)
