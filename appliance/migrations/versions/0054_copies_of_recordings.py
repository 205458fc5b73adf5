"""On how many boxes of a pair a recording lies, and which disks they have."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recording", sa.Column("copies", sa.BigInteger(), nullable=False, server_default="1"))
    op.drop_index("ix_recording_status", "recording")
    op.create_index("ix_recording_status_copies", "recording", ["status", "copies", "id"])
    op.create_table(
        "file_store",
        sa.Column("box", sa.String(32), nullable=False),
        sa.Column("store", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("box", name=op.f("pk_file_store")),
    )


def downgrade() -> None:
    op.drop_table("file_store")
    op.drop_index("ix_recording_status_copies", "recording")
    op.create_index("ix_recording_status", "recording", ["status"])
    op.drop_column("recording", "copies")
