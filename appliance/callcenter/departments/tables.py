"""Departments and the people in them."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from appliance.db import NEVER_REUSE_IDS, Base, Key


class DepartmentRow(Base):
    __tablename__ = "department"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    telephone: Mapped[str] = mapped_column(String(32), default="")
    due_hours: Mapped[int] = mapped_column(default=24)
    """How long the department usually has for a work order."""
    active: Mapped[bool] = mapped_column(default=True)


class DepartmentMemberRow(Base):
    __tablename__ = "department_member"
    __table_args__ = (UniqueConstraint("department_id", "user_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
