"""Distribution: strategies, skills, steps of queues, ratings."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AUTOINCREMENT = {"sqlite_autoincrement": True}

NEW_IN_QUEUE = (
    ("announce_wait", sa.Boolean(), sa.true()),
    ("strategy", sa.String(length=16), "longest_idle"),
    ("age_points", sa.BigInteger(), "10"),
    ("needs", sa.Text(), "[]"),
    ("steps", sa.Text(), "[]"),
    ("announce_agent", sa.Boolean(), sa.false()),
    ("rating", sa.Boolean(), sa.false()),
)


def upgrade() -> None:
    _skills()
    with op.batch_alter_table("interaction") as batch_op:
        batch_op.add_column(sa.Column("rating", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("queue", table_kwargs=AUTOINCREMENT) as batch_op:
        for name, kind, default in NEW_IN_QUEUE:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    _write_steps()
    with op.batch_alter_table("queue", table_kwargs=AUTOINCREMENT) as batch_op:
        for name, kind, _ in NEW_IN_QUEUE:
            batch_op.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
        batch_op.drop_constraint("fk_queue_overflow_prompt_id_prompt", type_="foreignkey")
        batch_op.drop_column("overflow_prompt_id")
        batch_op.drop_column("max_wait_seconds")


def _skills() -> None:
    op.create_table(
        "skill",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        sa.UniqueConstraint("name", name=op.f("uq_skill_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "agent_skill",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agent_id", KEY, nullable=False),
        sa.Column("skill_id", KEY, nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_agent_skill_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skill.id"], name=op.f("fk_agent_skill_skill_id_skill"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_skill")),
        sa.UniqueConstraint("agent_id", "skill_id", name=op.f("uq_agent_skill_agent_id")),
    )
    with op.batch_alter_table("agent_skill") as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_skill_skill_id"), ["skill_id"], unique=False)


def _write_steps() -> None:
    """The longest wait and the words at its end, as steps."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, max_wait_seconds, overflow_prompt_id FROM queue")).all()
    for key, seconds, prompt in rows:
        message = {"kind": "message", "prompt": prompt}
        steps = [
            {"when": {"kind": "unstaffed"}, "do": message},
            {"when": {"kind": "after", "seconds": seconds}, "do": message},
        ]
        values = {"key": key, "steps": json.dumps(steps)}
        connection.execute(sa.text("UPDATE queue SET steps = :steps WHERE id = :key"), values)


def downgrade() -> None:
    with op.batch_alter_table("queue", table_kwargs=AUTOINCREMENT) as batch_op:
        batch_op.add_column(sa.Column("max_wait_seconds", sa.BigInteger(), nullable=False, server_default="600"))
        batch_op.add_column(sa.Column("overflow_prompt_id", KEY, nullable=True))
        batch_op.create_foreign_key(
            "fk_queue_overflow_prompt_id_prompt", "prompt", ["overflow_prompt_id"], ["id"], ondelete="SET NULL"
        )
        for name, _, _ in NEW_IN_QUEUE:
            batch_op.drop_column(name)
    with op.batch_alter_table("interaction") as batch_op:
        batch_op.drop_column("rating")
    op.drop_table("agent_skill")
    op.drop_table("skill")
