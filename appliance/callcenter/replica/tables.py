"""Disks that recordings were counted on."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from appliance.db import Base


class FileStoreRow(Base):
    __tablename__ = "file_store"

    box: Mapped[str] = mapped_column(String(32), primary_key=True)
    store: Mapped[str] = mapped_column(String(32))
    """Id of its disk; another one means that the disk was exchanged."""
