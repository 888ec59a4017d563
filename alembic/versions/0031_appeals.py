"""Appeals by levels, with deadlines, packets that a person approves, and what became of them."""

import re
from pathlib import Path

import sqlalchemy as sa

from alembic import op
from storage.migrations import unforced

revision = "0031"
down_revision = "0029"

_STATEMENTS = Path(__file__).with_suffix(".sql")
_STATUSES = (
    "'draft', 'ready', 'submitted', 'pending', 'overturned', 'partly_overturned', 'upheld',"
    " 'withdrawn'"
)
_STATUSES_BEFORE = "'submitted', 'pending', 'approved', 'denied'"
_CHECKS = {
    "status_is_known": f"status IN ({_STATUSES})",
    "method_is_known": "method IN ('mail', 'fax', 'portal', 'mailbox')",
    "resolution_is_final": "(status IN ('overturned', 'partly_overturned', 'upheld'))"
    " = (resolved_on IS NOT NULL)",
    "sent_when_it_was_submitted": "status = 'withdrawn'"
    " OR (status IN ('draft', 'ready')) = (appealed_on IS NULL)",
    "late_only_with_an_override": "appealed_on IS NULL OR due_on IS NULL OR appealed_on <= due_on"
    " OR late_approved_by_person_id IS NOT NULL",
    "approved_by_a_person": "(approved_by_person_id IS NULL) = (approved_at IS NULL)",
    "ready_when_approved": "status <> 'ready' OR approved_at IS NOT NULL",
    "approved_is_a_packet": "approved_at IS NULL OR packet_sha256 IS NOT NULL",
    "packet_has_its_hash": "(packet_file_id IS NULL) = (packet_sha256 IS NULL)",
}
_KEYS = {
    "payer_id": "payers",
    "packet_file_id": "stored_files",
    "approved_by_person_id": "people",
    "late_approved_by_person_id": "people",
    "adjudication_id": "adjudications",
}
_ADDED = {
    "payer_id": "uuid",
    "level": "smallint",
    "level_name": "text",
    "plan": "text",
    "amount_cents": "bigint",
    "started_on": "date",
    "due_on": "date",
    "due_is_verified": "boolean",
    "due_source": "text",
    "packet_file_id": "uuid",
    "packet_sha256": "bytea",
    "packet_page_count": "integer",
    "approved_by_person_id": "uuid",
    "approved_at": "timestamptz",
    "late_reason": "text",
    "late_approved_by_person_id": "uuid",
    "method": "text",
    "reference": "text",
    "is_aggregated": "boolean",
    "adjudication_id": "uuid",
}
_REQUIRED = (
    "payer_id",
    "level",
    "level_name",
    "amount_cents",
    "due_is_verified",
    "is_aggregated",
)


def upgrade() -> None:
    """What was filed before there were levels stands at the first one, without a deadline."""
    columns = ", ".join(f"ADD {name} {kind}" for name, kind in _ADDED.items())
    op.execute(
        f"ALTER TABLE claim_appeals {columns}, ALTER appealed_on DROP NOT NULL,"
        " DROP CONSTRAINT ck_claim_appeals_status_is_known,"
        " DROP CONSTRAINT ck_claim_appeals_resolution_is_final"
    )
    op.execute(
        "ALTER TABLE denials ADD due_source text, ADD appeal_level smallint,"
        " ADD deadline_started_on date"
    )
    with unforced(op.get_bind(), "claim_appeals", "claims", "denials", *set(_KEYS.values())):
        op.execute(
            "UPDATE claim_appeals SET payer_id = claims.primary_payer_id, level = 1,"
            " level_name = 'Appeal', amount_cents = 0, due_is_verified = false,"
            " is_aggregated = false, status = CASE claim_appeals.status"
            " WHEN 'approved' THEN 'overturned' WHEN 'denied' THEN 'upheld'"
            " ELSE claim_appeals.status END"
            " FROM claims WHERE claims.company_id = claim_appeals.company_id"
            " AND claims.id = claim_appeals.claim_id"
        )
        op.execute(
            "UPDATE denials SET deadline_started_on = denied_on,"
            " due_source = 'counted before sources were kept',"
            " appeal_level = CASE WHEN is_appealable THEN 1 END"
        )
        for column, table in _KEYS.items():
            op.execute(
                f"ALTER TABLE claim_appeals ADD CONSTRAINT fk_claim_appeals_{column}"
                f" FOREIGN KEY (company_id, {column}) REFERENCES {table} (company_id, id)"
            )
        for name, condition in _CHECKS.items():
            op.execute(
                f"ALTER TABLE claim_appeals ADD CONSTRAINT ck_claim_appeals_{name}"
                f" CHECK ({condition})"
            )
    for column in _REQUIRED:
        op.execute(f"ALTER TABLE claim_appeals ALTER {column} SET NOT NULL")
    op.execute(
        "ALTER TABLE denials ALTER due_source SET NOT NULL, ALTER deadline_started_on SET NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_claim_appeals_status_due_on ON claim_appeals (company_id, status, due_on)"
    )
    op.get_bind().exec_driver_sql(
        _STATEMENTS.read_text("utf-8"), execution_options={"no_parameters": True}
    )
    _change_words("approvals", "kind", {"late_appeal"}, set())
    _change_words("approval_thresholds", "kind", {"late_appeal"}, set())
    _change_words("stored_files", "purpose", {"appeal_packet"}, set())


def downgrade() -> None:
    """What was not sent yet counts as sent when it was drafted; packets become attachments."""
    for table in ("appeal_attachments", "appeal_denials", "appeal_rules"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX ix_claim_appeals_status_due_on")
    for name in _CHECKS:
        op.execute(f"ALTER TABLE claim_appeals DROP CONSTRAINT ck_claim_appeals_{name}")
    decided = ("approvals", "approval_decisions", "approval_thresholds")
    with unforced(op.get_bind(), "claim_appeals", "stored_files", *decided):
        op.execute(
            "UPDATE claim_appeals SET status = CASE"
            " WHEN status IN ('overturned', 'partly_overturned') THEN 'approved'"
            " WHEN status = 'upheld' THEN 'denied' WHEN status = 'pending' THEN 'pending'"
            " ELSE 'submitted' END,"
            " appealed_on = coalesce(appealed_on, created_at::date)"
        )
        op.execute("UPDATE stored_files SET purpose = 'attachment' WHERE purpose = 'appeal_packet'")
        op.execute(
            "DELETE FROM approval_decisions USING approvals AS approval"
            " WHERE approval.company_id = approval_decisions.company_id"
            " AND approval.id = approval_decisions.approval_id AND approval.kind = 'late_appeal'"
        )
        op.execute("DELETE FROM approvals WHERE kind = 'late_appeal'")
        op.execute("DELETE FROM approval_thresholds WHERE kind = 'late_appeal'")
    _change_words("approvals", "kind", set(), {"late_appeal"})
    _change_words("approval_thresholds", "kind", set(), {"late_appeal"})
    _change_words("stored_files", "purpose", set(), {"appeal_packet"})
    dropped = ", ".join(f"DROP {name}" for name in _ADDED)
    op.execute(
        f"ALTER TABLE claim_appeals {dropped}, ALTER appealed_on SET NOT NULL,"
        " ADD CONSTRAINT ck_claim_appeals_status_is_known"
        f" CHECK (status IN ({_STATUSES_BEFORE})),"
        " ADD CONSTRAINT ck_claim_appeals_resolution_is_final"
        " CHECK ((status IN ('approved', 'denied')) = (resolved_on IS NOT NULL))"
    )
    op.execute("ALTER TABLE denials DROP due_source, DROP appeal_level, DROP deadline_started_on")


def _change_words(table: str, column: str, more: set[str], fewer: set[str]) -> None:
    """Open a vocabulary for some words and close it to others, whatever else stands in it."""
    name = f"ck_{table}_{column}_is_known"
    definition = op.get_bind().execute(
        sa.text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = :name AND conrelid = CAST(:table AS regclass)"
        ),
        {"name": name, "table": table},
    )
    words = dict.fromkeys(re.findall(r"'(\w+)'", definition.scalar_one()))
    kept = [word for word in (*words, *sorted(more)) if word not in fewer]
    listed = ", ".join(f"'{word}'" for word in kept)
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))"
    )
