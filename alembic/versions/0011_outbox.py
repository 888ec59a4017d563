"""The outbox."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"

_STATEMENTS = Path(__file__).with_suffix(".sql")
_FORMER_WAY_IN = Path(__file__).with_name("0001_enqueue_job.sql")


def upgrade() -> None:
    _run(_STATEMENTS.read_text("utf-8"))


def downgrade() -> None:
    op.execute("DROP FUNCTION enqueue_job(text, jsonb, text, timestamptz, text, text)")
    _run(_FORMER_WAY_IN.read_text("utf-8"))
    for table in ("outbox_attempts", "outbox_messages"):
        op.execute(f"DROP TABLE {table}")


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
