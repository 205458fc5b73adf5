"""Conference rooms call those who are invited when they begin."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("room", sa.Column("call_invited", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("room", sa.Column("called_for", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("room", "called_for")
    op.drop_column("room", "call_invited")
