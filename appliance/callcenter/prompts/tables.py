"""Prompts 语音: what callers hear, spoken from text or uploaded."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class PromptRow(Base):
    __tablename__ = "prompt"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(8), default="speech")
    """`speech` (text to voice) or `upload`."""
    text: Mapped[str] = mapped_column(Text, default="")
    voice: Mapped[str] = mapped_column(String(32), default="")
    file: Mapped[str] = mapped_column(String(80), default="")
    """Content-addressed name below the prompts folder, `<sha256>.wav`; empty until rendered."""
    milliseconds: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(8), default="pending")
    """`pending`, `ready` or `failed`."""
    error: Mapped[str] = mapped_column(String(255), default="")
    updated_at: Mapped[Millis] = mapped_column()
