"""Callbacks: tickets, attempts, and what a queue offers; sticky routing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0004"
branch_labels = None
depends_on = None

QUEUE_COLUMNS = (
    ("callback_mode", sa.String(length=8), "off"),
    ("callback_key", sa.String(length=1), "1"),
    ("callback_attempts", sa.BigInteger(), "3"),
    ("callback_gap_minutes", sa.BigInteger(), "5"),
    ("callback_expiry_hours", sa.BigInteger(), "24"),
    ("sticky_tried_days", sa.BigInteger(), "0"),
    ("sticky_talked_days", sa.BigInteger(), "0"),
    ("sticky_wait_seconds", sa.BigInteger(), "30"),
)


def upgrade() -> None:
    for name, kind, default in QUEUE_COLUMNS:
        op.add_column("queue", sa.Column(name, kind, nullable=False, server_default=default))
    op.create_index("ix_interaction_remote_started", "interaction", ["remote_lookup", "started_at"])
    op.create_table(
        "callback",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("lookup", sa.String(length=32), nullable=False),
        sa.Column("open_key", sa.String(length=64), nullable=True),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queue.id"], name=op.f("fk_callback_queue_id_queue"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_callback_agent_id_agent"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_callback_patient_id_patient"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
        sa.UniqueConstraint("open_key", name=op.f("uq_callback_open_key")),
    )
    for column in ("queue_id", "lookup", "patient_id", "changed_at"):
        op.create_index(op.f(f"ix_callback_{column}"), "callback", [column])
    op.create_index("ix_callback_state_created", "callback", ["state", "created_at"])
    op.create_table(
        "callback_attempt",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("callback_id", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callback.id"], name=op.f("fk_callback_attempt_callback_id_callback"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_callback_attempt_agent_id_agent"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_attempt")),
    )
    op.create_index(op.f("ix_callback_attempt_callback_id"), "callback_attempt", ["callback_id"])


def downgrade() -> None:
    op.drop_table("callback_attempt")
    op.drop_table("callback")
    op.drop_index("ix_interaction_remote_started", "interaction")
    with op.batch_alter_table("queue", schema=None) as batch_op:
        for name, _kind, _default in QUEUE_COLUMNS:
            batch_op.drop_column(name)
