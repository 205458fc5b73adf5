"""The live state: what call control knows right now, enough to go on after it was killed."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import Base


class LiveCallRow(Base):
    __tablename__ = "live_call"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    node: Mapped[str] = mapped_column(String(32), default="")
    document: Mapped[str] = mapped_column(Text)
    """JSON of `calls.model.Call`: party, place in the queue, legs with their SIP dialog identity."""
    updated_at: Mapped[Millis] = mapped_column()


class LiveAgentRow(Base):
    __tablename__ = "live_agent"

    agent_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node: Mapped[str] = mapped_column(String(32), default="")
    document: Mapped[str] = mapped_column(Text)
    """JSON of `acd.model.Agent`."""
    updated_at: Mapped[Millis] = mapped_column()


class RegistrationRow(Base):
    """A telephone's registration, for the box that takes over (see `live.registrations`)."""

    __tablename__ = "registration"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    """JSON as Asterisk wrote it."""
    expires_at: Mapped[Millis] = mapped_column()


class AgentStateRow(Base):
    """Every change of an agent's state, the source of all agent reports."""

    __tablename__ = "agent_state_log"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent_id: Mapped[int] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(32), default="")
    at: Mapped[Millis] = mapped_column(index=True)
    interaction_id: Mapped[str] = mapped_column(String(32), default="")


class RepairRow(Base):
    """A difference between our picture and the telephone system that the reconciler put right."""

    __tablename__ = "repair_log"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[Millis] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(64), default="")
