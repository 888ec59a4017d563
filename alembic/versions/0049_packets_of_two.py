"""Whoever made an appeal's packet does not approve it, unless the company lets one person suffice.

What was approved before was so by the rule of then: one person sufficed.
"""

import re

import sqlalchemy as sa

from alembic import op
from storage.migrations import unforced

revision = "0049"
down_revision = "0050"

_CHECKS = {
    "approved_by_another": "approved_by_person_id IS NULL OR is_approved_alone"
    " OR (approved_by_person_id <> created_by AND approved_by_person_id <> packet_made_by)",
    "packet_has_its_maker": "(packet_sha256 IS NULL) = (packet_made_by IS NULL)",
}


def upgrade() -> None:
    op.execute(
        "ALTER TABLE claim_appeals ADD packet_made_by uuid,"
        " ADD is_approved_alone boolean NOT NULL DEFAULT false"
    )
    op.execute("ALTER TABLE claim_appeals ALTER is_approved_alone DROP DEFAULT")
    with unforced(op.get_bind(), "claim_appeals"):
        op.execute(
            "UPDATE claim_appeals SET packet_made_by = created_by,"
            " is_approved_alone = approved_by_person_id IS NOT NULL"
            " WHERE packet_sha256 IS NOT NULL"
        )
        for name, condition in _CHECKS.items():
            op.execute(
                f"ALTER TABLE claim_appeals ADD CONSTRAINT ck_claim_appeals_{name}"
                f" CHECK ({condition})"
            )
    for table in ("approvals", "approval_thresholds"):
        _change_words(table, "kind", more="appeal_packet")


def downgrade() -> None:
    """Requests of the kind go, and with them the company's threshold for it."""
    tables = ("approvals", "approval_decisions", "approval_thresholds")
    with unforced(op.get_bind(), *tables):
        op.execute(
            "DELETE FROM approval_decisions USING approvals AS approval"
            " WHERE approval.company_id = approval_decisions.company_id"
            " AND approval.id = approval_decisions.approval_id AND approval.kind = 'appeal_packet'"
        )
        op.execute("DELETE FROM approvals WHERE kind = 'appeal_packet'")
        op.execute("DELETE FROM approval_thresholds WHERE kind = 'appeal_packet'")
    for table in ("approvals", "approval_thresholds"):
        _change_words(table, "kind", fewer="appeal_packet")
    for name in _CHECKS:
        op.execute(f"ALTER TABLE claim_appeals DROP CONSTRAINT ck_claim_appeals_{name}")
    op.execute("ALTER TABLE claim_appeals DROP is_approved_alone, DROP packet_made_by")


def _change_words(table: str, column: str, *, more: str = "", fewer: str = "") -> None:
    """Open a vocabulary for a word or close it to one, whatever else stands in it."""
    name = f"ck_{table}_{column}_is_known"
    definition = op.get_bind().execute(
        sa.text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = :name AND conrelid = CAST(:table AS regclass)"
        ),
        {"name": name, "table": table},
    )
    words = dict.fromkeys(re.findall(r"'(\w+)'", definition.scalar_one()))
    kept = [word for word in (*words, more) if word and word != fewer]
    listed = ", ".join(f"'{word}'" for word in kept)
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))"
    )
