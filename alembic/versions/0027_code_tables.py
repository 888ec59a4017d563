"""Code tables."""

from pathlib import Path

from alembic import op

revision = "0027"
down_revision = "0024"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    for table in ("fees", "unit_limits", "procedure_pairs", "codes", "code_tables"):
        op.execute(f"DROP TABLE {table}")
