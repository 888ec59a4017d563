"""Requirements, evidence and attestations."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0040"
down_revision = "0019"

_TABLES = Path(__file__).with_suffix(".sql")
_STEPS_BEFORE = (
    "'remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release',"
    " 'write_off', 'refund'"
)


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Requests about requirements go with them: the schema before knows no such step."""
    for table in (
        "compliance_signatures",
        "compliance_attestations",
        "evidence_links",
        "compliance_evidence",
        "requirement_decisions",
        "requirement_versions",
        "compliance_requirements",
    ):
        op.execute(f"DROP TABLE {table}")
    with unforced(op.get_bind(), "approvals", "approval_decisions", "approval_thresholds"):
        op.execute(
            "DELETE FROM approval_decisions USING approvals AS approval"
            " WHERE approval.company_id = approval_decisions.company_id"
            " AND approval.id = approval_decisions.approval_id"
            " AND approval.kind = 'requirement_not_applicable'"
        )
        for table in ("approvals", "approval_thresholds"):
            op.execute(f"DELETE FROM {table} WHERE kind = 'requirement_not_applicable'")  # noqa: S608
    for table in ("approvals", "approval_thresholds"):
        name = f"ck_{table}_kind_is_known"
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name},"
            f" ADD CONSTRAINT {name} CHECK (kind IN ({_STEPS_BEFORE}))"
        )
