"""Packs of companies' own, and reports as they were issued."""

from pathlib import Path

from alembic import op

revision = "0056"
down_revision = "0044"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    for table in ("compliance_reports", "compliance_report_drafts", "compliance_packs"):
        op.execute(f"DROP TABLE {table}")
