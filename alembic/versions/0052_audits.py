"""Audits, their findings and corrective actions."""

from pathlib import Path

from alembic import op

revision = "0052"
down_revision = "0057"
expands = True
"""Only new tables: the program before goes on without them."""

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    for table in (
        "action_steps",
        "action_progress",
        "action_participants",
        "corrective_actions",
        "finding_evidence",
        "audit_findings",
        "audit_recommendations",
        "audited_requirements",
        "regulatory_audits",
    ):
        op.execute(f"DROP TABLE {table}")
