"""Patients 患者 and their telephone numbers."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class PatientRow(Base):
    __tablename__ = "patient"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), index=True)
    pinyin: Mapped[str] = mapped_column(String(128), default="", index=True)
    initials: Mapped[str] = mapped_column(String(32), default="", index=True)
    sex: Mapped[str] = mapped_column(String(8), default="")
    """`male`, `female` or empty."""
    birth_date: Mapped[str] = mapped_column(String(10), default="")
    """ISO 8601 date, or empty."""
    identity_number: Mapped[str] = mapped_column(String(32), default="", index=True)
    card_number: Mapped[str] = mapped_column(String(32), default="", index=True)
    vip: Mapped[bool] = mapped_column(default=False)
    department: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(255), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Millis] = mapped_column()
    updated_at: Mapped[Millis] = mapped_column()


class PatientPhoneRow(Base):
    __tablename__ = "patient_phone"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(String(32))
    lookup: Mapped[str] = mapped_column(String(32), index=True)
    """`text.lookup_number(number)`: what a calling number is compared with."""
    relation: Mapped[str] = mapped_column(String(16), default="self")
    """Whose telephone it is: `self`, `spouse`, `child`, `parent`, `other`."""
