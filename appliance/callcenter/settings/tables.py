"""Settings that administrators change in the browser."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.db import Base


class SettingRow(Base):
    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    """JSON."""


class RevisionRow(Base):
    """A counter that rises with every change of configuration; call control re-reads when it moved."""

    __tablename__ = "configuration_revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(default=0)
