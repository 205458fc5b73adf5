"""History of the pair, and its monthly test."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failover",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("ix_failover_at", "failover", ["at"])
    op.create_table(
        "pair_test",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("target", sa.String(32), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("failover_id", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("pair_test")
    op.drop_table("failover")
