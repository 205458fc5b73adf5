"""Work orders and everything that was done with them."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import NEVER_REUSE_IDS, Base, Key


class WorkOrderRow(Base):
    __tablename__ = "work_order"
    __table_args__ = (Index("ix_work_order_department_status", "department_id", "status"), NEVER_REUSE_IDS)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    """Also the order's number, told to the caller."""
    business_type: Mapped[str] = mapped_column(String(32))
    urgency: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16), index=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    text: Mapped[str] = mapped_column(Text)
    telephone: Mapped[str] = mapped_column(String(64), default="")
    """Where the caller can be reached."""
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="SET NULL"), index=True)
    interaction_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    """The call it came from; no foreign key: the call may still live."""
    created_at: Mapped[Millis] = mapped_column(index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"), index=True)
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    """Who of the department accepted it."""
    due_at: Mapped[Millis] = mapped_column()
    changed_at: Mapped[Millis] = mapped_column()
    closed_at: Mapped[Millis | None] = mapped_column()
    version: Mapped[int] = mapped_column(default=1)


class WorkOrderStepRow(Base):
    """One line of an order's history; never changed."""

    __tablename__ = "work_order_step"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"), index=True)
    at: Mapped[Millis] = mapped_column()
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text, default="")
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    """Where the order lies after the step."""
    status: Mapped[str] = mapped_column(String(16))
