"""The work on denials: who has them, and what became of them."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0030"
down_revision = "0033"

_STATEMENTS = Path(__file__).with_suffix(".sql")
_WITHOUT_APPEAL = (
    "patient_information",
    "provider_information",
    "insurance_information",
    "wrong_payer",
    "tax_form",
    "billing_error",
)
"""Categories that were no matter of an appeal when the earlier rows were written."""
_NOT_CORRECTABLE = (
    "medical_records",
    "timely_filing",
    "no_coverage",
    "wrong_payer",
    "contract",
    "tax_form",
    "not_covered",
    "experimental",
    "information_from_patient",
    "benefit_maximum",
    "payer_process",
)
_ENDS_APPEAL = ("MA130", "N211", "MA113", "N83", "N111")
_ENDS_APPEAL_CORRECTABLY = ("MA130", "MA113")
"""Remarks that take away the right of appeal, and those of them that ask for a new claim."""
_CHECKS = {
    "assigned_since": "(assigned_person_id IS NULL) = (assigned_at IS NULL)",
    "superseded_has_a_reason": "(status = 'superseded') = (superseded_because IS NOT NULL)",
    "resolved_has_a_resolution": "status <> 'resolved' OR resolution IS NOT NULL",
    "open_has_no_resolution": "status <> 'open' OR resolution IS NULL",
    "resolution_has_a_day": "(resolution IS NULL) = (resolved_on IS NULL)",
    "superseded_because_is_known": "superseded_because IN"
    " ('decision_reversed', 'decision_replaced', 'claim_voided')",
    "resolution_is_known": "resolution IN ('overturned', 'partly_overturned', 'upheld',"
    " 'accepted', 'billed_elsewhere', 'billed_to_patient', 'corrected', 'given_up')",
}


def upgrade() -> None:
    op.execute(
        "ALTER TABLE denials ADD is_correctable boolean, ADD is_appealable boolean,"
        " ADD superseded_because text, ADD assigned_person_id uuid, ADD assigned_at timestamptz,"
        " ADD resolution text, ADD recovered_cents bigint, ADD resolved_on date"
    )
    with unforced(op.get_bind(), "denials", "people"):
        op.execute(
            "UPDATE denials SET is_correctable = category NOT IN"  # noqa: S608 -- words of ours
            f" ({_listed(_NOT_CORRECTABLE)})"
            f" OR remark_codes && ARRAY[{_listed(_ENDS_APPEAL_CORRECTABLY)}],"
            f" is_appealable = category NOT IN ({_listed(_WITHOUT_APPEAL)})"
            f" AND NOT remark_codes && ARRAY[{_listed(_ENDS_APPEAL)}],"
            " superseded_because = CASE status WHEN 'superseded' THEN 'decision_replaced'"
            " WHEN 'resolved' THEN 'claim_voided' END,"
            " status = CASE status WHEN 'resolved' THEN 'superseded' ELSE status END"
        )
        for name, condition in _CHECKS.items():
            op.execute(f"ALTER TABLE denials ADD CONSTRAINT ck_denials_{name} CHECK ({condition})")
        op.execute(
            "ALTER TABLE denials ADD CONSTRAINT fk_denials_assigned_person_id"
            " FOREIGN KEY (company_id, assigned_person_id) REFERENCES people (company_id, id)"
        )
    op.execute(
        "ALTER TABLE denials ALTER is_correctable SET NOT NULL, ALTER is_appealable SET NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_denials_payer_id_status_due_on"
        " ON denials (company_id, payer_id, status, due_on)"
    )
    op.execute(
        "CREATE INDEX ix_denials_assigned_person_id_status_due_on"
        " ON denials (company_id, assigned_person_id, status, due_on)"
        " WHERE assigned_person_id IS NOT NULL"
    )
    op.get_bind().exec_driver_sql(
        _STATEMENTS.read_text("utf-8"), execution_options={"no_parameters": True}
    )


def downgrade() -> None:
    op.execute("DROP TABLE denial_outcomes")
    op.execute("DROP TABLE denial_notes")
    op.execute("DROP INDEX ix_denials_payer_id_status_due_on")
    with unforced(op.get_bind(), "denials"):
        op.execute(
            "UPDATE denials SET status = 'resolved', superseded_because = NULL,"
            " resolution = 'given_up', resolved_on = denied_on"
            " WHERE superseded_because = 'claim_voided'"
        )
        op.execute(
            "ALTER TABLE denials DROP is_correctable, DROP is_appealable, DROP superseded_because,"
            " DROP assigned_person_id, DROP assigned_at, DROP resolution, DROP recovered_cents,"
            " DROP resolved_on"
        )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
