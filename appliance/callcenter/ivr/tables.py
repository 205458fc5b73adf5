"""Flows 流程: versioned graphs that answer calls."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class FlowRow(Base):
    __tablename__ = "flow"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    published_version: Mapped[int | None] = mapped_column()


class FlowVersionRow(Base):
    __tablename__ = "flow_version"
    __table_args__ = (UniqueConstraint("flow_id", "version"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flow.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column()
    graph: Mapped[str] = mapped_column(Text)
    """JSON of `ivr.model.Flow`."""
    note: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[Millis] = mapped_column()
    created_by: Mapped[str] = mapped_column(String(64), default="")
