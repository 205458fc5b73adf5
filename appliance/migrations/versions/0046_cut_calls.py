"""Callbacks and missed calls say when we cut the caller off ourselves."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("callback", sa.Column("cause", sa.String(12), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("callback", "cause")
