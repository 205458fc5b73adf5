"""Shift managers: messages and receipts, agents lent to other queues, links of wallboards."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0016"
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staff_message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_message")),
    )
    with op.batch_alter_table("staff_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_message_at"), ["at"], unique=False)
    op.create_table(
        "staff_message_receipt",
        sa.Column("id", _key(), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["staff_message.id"],
            name=op.f("fk_staff_message_receipt_message_id_staff_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_message_receipt")),
        sa.UniqueConstraint("message_id", "agent_id", name=op.f("uq_staff_message_receipt_message_id")),
    )
    with op.batch_alter_table("staff_message_receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_message_receipt_agent_id"), ["agent_id"], unique=False)
    op.create_table(
        "agent_move",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("queues", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_agent_move_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_move")),
    )
    op.create_table(
        "wallboard_link",
        sa.Column("id", _key(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallboard_link")),
        sa.UniqueConstraint("name", name=op.f("uq_wallboard_link_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_wallboard_link_token_hash")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for table in ("wallboard_link", "agent_move", "staff_message_receipt", "staff_message"):
        op.drop_table(table)
