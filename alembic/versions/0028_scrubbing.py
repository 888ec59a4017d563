"""Scrub runs, and the rules that companies make."""

from pathlib import Path

from alembic import op

revision = "0028"
down_revision = "0036"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    for table in (
        "rule_bypasses",
        "claim_rule_trials",
        "claim_rule_revisions",
        "claim_rules",
        "scrub_releases",
        "scrub_results",
        "scrub_runs",
    ):
        op.execute(f"DROP TABLE {table}")
