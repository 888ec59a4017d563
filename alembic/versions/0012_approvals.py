"""Steps that need a second person.

Not one that expands: a program of before takes a step without the second person it needs now.
"""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"

_TABLES = Path(__file__).with_suffix(".sql")

_CREATED = ("approval_thresholds", "approval_participants", "approvals", "approval_decisions")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )


def downgrade() -> None:
    for table in reversed(_CREATED):
        op.execute(f"DROP TABLE {table}")
