"""Departments, work orders, pause reasons, phrase cards, promised calls, business types of a queue."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REASONS = (
    ("rest", "小休", "Break", "yellow", "break", 15, 0),
    ("meal", "用餐", "Meal", "orange", "break", 45, 60),
    ("training", "培训", "Training", "purple", "work", 0, 0),
    ("meeting", "会议", "Meeting", "blue", "work", 0, 0),
    ("paperwork", "处理事务", "Paperwork", "azure", "work", 60, 0),
    ("other", "其他", "Other", "red", "break", 15, 0),
)


def upgrade() -> None:
    _departments()
    _work_orders()
    _reasons()
    op.create_table(
        "script",
        sa.Column("id", KEY, nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("business_type", sa.String(length=32), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_script_queue_id_queue"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("wrap_up") as batch:
        batch.add_column(sa.Column("call_again_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("called_again_at", sa.BigInteger(), nullable=True))
        batch.create_index("ix_wrap_up_call_again", ["agent_id", "call_again_at"])
    op.add_column("queue", sa.Column("business_types", sa.String(length=255), nullable=False, server_default=""))


def _departments() -> None:
    op.create_table(
        "department",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("telephone", sa.String(length=32), nullable=False),
        sa.Column("due_hours", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("name", name=op.f("uq_department_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "department_member",
        sa.Column("id", KEY, nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name=op.f("fk_department_member_department_id_department"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_department_member_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_member")),
        sa.UniqueConstraint("department_id", "user_id", name=op.f("uq_department_member_department_id")),
    )
    op.create_index(op.f("ix_department_member_user_id"), "department_member", ["user_id"])


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_user_account")
    return sa.ForeignKeyConstraint([column], ["user_account.id"], name=name, ondelete="SET NULL")


def _department(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["department_id"], ["department.id"], name=op.f(f"fk_{table}_department_id_department")
    )


def _work_orders() -> None:
    op.create_table(
        "work_order",
        sa.Column("id", KEY, nullable=False),
        sa.Column("business_type", sa.String(length=32), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("telephone", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("interaction_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("handler_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _department("work_order"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_work_order_patient_id_patient"), ondelete="SET NULL"
        ),
        _user("work_order", "created_by"),
        _user("work_order", "handler_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_order_department_status", "work_order", ["department_id", "status"])
    for column in ("status", "patient_id", "interaction_id", "created_at", "created_by"):
        op.create_index(op.f(f"ix_work_order_{column}"), "work_order", [column])
    op.create_table(
        "work_order_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_order.id"], name=op.f("fk_work_order_step_order_id_work_order"), ondelete="CASCADE"
        ),
        _department("work_order_step"),
        _user("work_order_step", "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_work_order_step_order_id"), "work_order_step", ["order_id"])


def _reasons() -> None:
    table = op.create_table(
        "pause_reason",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=32), nullable=False),
        sa.Column("name_en", sa.String(length=32), nullable=False),
        sa.Column("tone", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("limit_minutes", sa.BigInteger(), nullable=False),
        sa.Column("day_limit_minutes", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause_reason")),
        sa.UniqueConstraint("code", name=op.f("uq_pause_reason_code")),
        sqlite_autoincrement=True,
    )
    names = ("code", "name_zh", "name_en", "tone", "kind", "limit_minutes", "day_limit_minutes")
    op.bulk_insert(
        table,
        [
            dict(zip(names, reason, strict=True)) | {"position": place * 10, "active": True}
            for place, reason in enumerate(REASONS, 1)
        ],
    )


def downgrade() -> None:
    op.drop_column("queue", "business_types")
    with op.batch_alter_table("wrap_up") as batch:
        batch.drop_index("ix_wrap_up_call_again")
        batch.drop_column("called_again_at")
        batch.drop_column("call_again_at")
    for table in ("script", "pause_reason", "work_order_step", "work_order", "department_member", "department"):
        op.drop_table(table)
