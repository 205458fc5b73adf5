"""Limits of outside calls, and conditions."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "call_limit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("classes", sa.String(length=128), nullable=False),
        sa.Column("night", sa.Boolean(), nullable=False),
        sa.Column("at_once", sa.BigInteger(), nullable=False),
        sa.Column("calls_per_hour", sa.BigInteger(), nullable=False),
        sa.Column("calls_per_day", sa.BigInteger(), nullable=False),
        sa.Column("minutes_per_day", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_limit")),
        sa.UniqueConstraint("scope", "subject", name="uq_call_limit_subject"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "condition",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_by", sa.String(length=64), nullable=False),
        sa.Column("text_zh", sa.String(length=500), nullable=False),
        sa.Column("text_en", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_condition")),
    )
    with op.batch_alter_table("condition", schema=None) as batch_op:
        batch_op.create_index("ix_condition_kind_subject", ["kind", "subject"], unique=False)
        batch_op.create_index(batch_op.f("ix_condition_since"), ["since"], unique=False)
        batch_op.create_index(batch_op.f("ix_condition_cleared_at"), ["cleared_at"], unique=False)


def downgrade() -> None:
    op.drop_table("condition")
    op.drop_table("call_limit")
