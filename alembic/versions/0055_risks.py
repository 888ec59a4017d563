"""Risk assessments, their risks, acceptances and plans."""

import re
from pathlib import Path

import sqlalchemy as sa

from alembic import op
from storage.migrations import unforced

revision = "0055"
down_revision = "0052"

_TABLES = Path(__file__).with_suffix(".sql")
_STEPS = ("risk_assessment_approval", "risk_acceptance")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    for table in ("approvals", "approval_thresholds"):
        _change_steps(table, more=_STEPS)


def downgrade() -> None:
    """Requests about risks go with them: the schema before knows no such step."""
    for table in (
        "assessment_records",
        "mitigation_items",
        "risk_acceptances",
        "risk_controls",
        "assessed_risks",
        "assessment_parts",
        "risk_assessments",
    ):
        op.execute(f"DROP TABLE {table}")
    steps = ", ".join(f"'{step}'" for step in _STEPS)
    with unforced(op.get_bind(), "approvals", "approval_decisions", "approval_thresholds"):
        op.execute(
            "DELETE FROM approval_decisions USING approvals AS approval"  # noqa: S608
            " WHERE approval.company_id = approval_decisions.company_id"
            " AND approval.id = approval_decisions.approval_id"
            f" AND approval.kind IN ({steps})"
        )
        for table in ("approvals", "approval_thresholds"):
            op.execute(f"DELETE FROM {table} WHERE kind IN ({steps})")  # noqa: S608
    for table in ("approvals", "approval_thresholds"):
        _change_steps(table, fewer=_STEPS)


def _change_steps(table: str, *, more: tuple[str, ...] = (), fewer: tuple[str, ...] = ()) -> None:
    """Open the kinds of steps for some or close them to some, whatever else stands there."""
    name = f"ck_{table}_kind_is_known"
    definition = op.get_bind().execute(
        sa.text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = :name AND conrelid = CAST(:table AS regclass)"
        ),
        {"name": name, "table": table},
    )
    words = dict.fromkeys([*re.findall(r"'(\w+)'", definition.scalar_one()), *more])
    listed = ", ".join(f"'{word}'" for word in words if word not in fewer)
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK (kind IN ({listed}))"
    )
