"""Notifications."""

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"
expands = True

_STATEMENTS = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _STATEMENTS.read_text("utf-8"), execution_options={"no_parameters": True}
    )


def downgrade() -> None:
    for table in (
        "notification_digests",
        "notification_preferences",
        "notifications",
        "quiet_hours",
    ):
        op.execute(f"DROP TABLE {table}")
