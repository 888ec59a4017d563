"""MIPS: CMS's lists, clinicians, submissions, what is reported in them, and what it scores."""

from pathlib import Path

from alembic import op

revision = "0050"
down_revision = "0055"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    for table in (
        "mips_steps",
        "mips_scores",
        "mips_measures",
        "mips_submissions",
        "mips_clinicians",
        "mips_exclusions",
        "mips_listed_measures",
        "mips_benchmarks",
        "mips_lists",
    ):
        op.execute(f"DROP TABLE {table}")
