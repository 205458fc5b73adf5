"""Sticky routing switched on or off for an outside number."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("did", sa.Column("sticky", sa.String(length=8), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("did", "sticky")
