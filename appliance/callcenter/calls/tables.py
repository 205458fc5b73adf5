"""Call records: one interaction per patient contact, with its segments, recordings and wrap-up."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.clock import Millis
from appliance.db import Base, Key


class InteractionRow(Base):
    __tablename__ = "interaction"
    __table_args__ = (
        Index("ix_interaction_agent_started", "agent_id", "started_at"),
        Index("ix_interaction_remote_started", "remote_lookup", "started_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    direction: Mapped[str] = mapped_column(String(8))
    """`inbound`, `outbound` or `internal`."""
    caller: Mapped[str] = mapped_column(String(64), default="", index=True)
    called: Mapped[str] = mapped_column(String(64), default="", index=True)
    remote_lookup: Mapped[str] = mapped_column(String(32), default="", index=True)
    """`text.lookup_number` of the outside party: history by number."""
    trunk: Mapped[str] = mapped_column(String(32), default="")
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="SET NULL"), index=True)
    queue_id: Mapped[int | None] = mapped_column(ForeignKey("queue.id", ondelete="SET NULL"), index=True)
    """The last queue the call waited in."""
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id", ondelete="SET NULL"))
    """The last agent who talked."""
    started_at: Mapped[Millis] = mapped_column(index=True)
    answered_at: Mapped[Millis | None] = mapped_column()
    """When a person answered (not the machine)."""
    ended_at: Mapped[Millis] = mapped_column()
    outcome: Mapped[str] = mapped_column(String(24), index=True)
    """How the call ended, a value of `calls.model.Outcome`."""
    hung_up_by: Mapped[str] = mapped_column(String(8), default="")
    """`caller`, `agent`, `manager`, `system` or `failover` (cut when the other box took over)."""
    flow_path: Mapped[str] = mapped_column(Text, default="[]")
    """JSON list of [node id, label, key pressed]."""
    wait_ms: Mapped[int] = mapped_column(default=0)
    talk_ms: Mapped[int] = mapped_column(default=0)
    rating: Mapped[int | None] = mapped_column()
    """1 (bad) to 5 (very good), pressed by the caller when the agent had hung up."""


class SegmentRow(Base):
    __tablename__ = "segment"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    """`ivr`, `wait`, `ring`, `talk`, `hold`, `wrap`; beside those: `consult`, `member`, `rec_off`, `carried`."""
    started_at: Mapped[Millis] = mapped_column()
    ended_at: Mapped[Millis] = mapped_column()
    queue_id: Mapped[int | None] = mapped_column()
    agent_id: Mapped[int | None] = mapped_column()
    party: Mapped[str] = mapped_column(String(64), default="")
    """Extension or outside number of the other side, where it is not an agent."""
    result: Mapped[str] = mapped_column(String(24), default="")


class RecordingRow(Base):
    __tablename__ = "recording"
    __table_args__ = (Index("ix_recording_status_copies", "status", "copies", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """`<interaction id>-<n>`; also the file's name."""
    interaction_id: Mapped[str] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[Millis] = mapped_column()
    status: Mapped[str] = mapped_column(String(8), default="pending")
    """`pending` (not filed yet), `ready`, `missing`, `damaged` or `deleted` (of which the row alone stays)."""
    file: Mapped[str] = mapped_column(String(255), default="")
    """Path below the recordings folder."""
    size_bytes: Mapped[int] = mapped_column(default=0)
    milliseconds: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    peaks: Mapped[str] = mapped_column(Text, default="")
    """JSON: [[left…], [right…]], 0…100, 400 values each at most."""
    salvaged: Mapped[bool] = mapped_column(default=False)
    copies: Mapped[int] = mapped_column(default=1)
    """On how many boxes of a pair the file lies, verified; of a deleted one: 0 when it is gone from both."""
    error: Mapped[str] = mapped_column(String(255), default="")


class WrapUpRow(Base):
    """What the agent wrote after the talk; one per agent and interaction."""

    __tablename__ = "wrap_up"
    __table_args__ = (Index("ix_wrap_up_call_again", "agent_id", "call_again_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(String(32), index=True)
    """No foreign key: the form may be saved while the call still lives."""
    agent_id: Mapped[int] = mapped_column()
    business_type: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(32))
    notes: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[Millis] = mapped_column()
    call_again_at: Mapped[Millis | None] = mapped_column()
    """When the agent promised to call again."""
    called_again_at: Mapped[Millis | None] = mapped_column()
    """When she had done so."""
