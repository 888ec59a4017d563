"""Refunds of what was returned, and what payers take back of refunds themselves."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0045"
down_revision = "0056"

_TABLES = Path(__file__).with_suffix(".sql")
_KINDS_BEFORE = (
    "'charge', 'deposit', 'payment', 'write_off', 'patient_transfer', 'provider_adjustment',"
    " 'unapplied', 'return', 'patient_receipt', 'patient_payment', 'patient_refund',"
    " 'payer_refund', 'patient_write_off', 'insurance_write_off', 'refund_paid', 'banked'"
)
_KINDS = _KINDS_BEFORE.replace(" 'banked'", " 'payer_refund_booked', 'refund_recouped', 'banked'")
_STATUSES_BEFORE = "'requested', 'approved', 'paid', 'refused', 'cancelled'"
_STATUSES = f"{_STATUSES_BEFORE}, 'recouped'"
_GOES_TO = "ck_refunds_goes_to_a_payer_or_a_patient"
_REFERENCES = "REFERENCES remittance_exceptions (company_id, id)"


def upgrade() -> None:
    """What was returned before is owed since then."""
    _close("ledger_entries", "kind", _KINDS)
    _close("refunds", "status", _STATUSES)
    op.execute("ALTER TABLE remittance_exceptions ADD owed_cents bigint NOT NULL DEFAULT 0")
    with unforced(op.get_bind(), "remittance_exceptions", "refunds"):
        op.execute(
            "UPDATE remittance_exceptions SET owed_cents = paid_cents"
            " WHERE status = 'returned' AND paid_cents > 0"
        )
        op.execute(
            "ALTER TABLE remittance_exceptions ALTER owed_cents DROP DEFAULT,"
            " ADD CONSTRAINT ck_remittance_exceptions_owes_what_is_returned"
            " CHECK (owed_cents = 0 OR status = 'returned'),"
            " ADD CONSTRAINT ck_remittance_exceptions_owes_no_more_than_it_paid"
            " CHECK (owed_cents BETWEEN 0 AND greatest(paid_cents, 0))"
        )
        op.execute(
            "ALTER TABLE refunds ALTER patient_id DROP NOT NULL, ADD exception_id uuid,"
            " ADD paid_before_cents bigint, ADD booked_on date,"
            f" ADD CONSTRAINT fk_refunds_exception_id FOREIGN KEY (company_id, exception_id)"
            f" {_REFERENCES},"
            f" DROP CONSTRAINT {_GOES_TO}, ADD CONSTRAINT {_GOES_TO}"
            " CHECK ((patient_payment_id IS NULL) = (payer_id IS NOT NULL)),"
            " ADD CONSTRAINT ck_refunds_is_of_one_thing"
            " CHECK (num_nonnulls(claim_id, patient_payment_id, exception_id) = 1),"
            " ADD CONSTRAINT ck_refunds_knows_its_patient"
            " CHECK (patient_id IS NOT NULL OR exception_id IS NOT NULL),"
            " ADD CONSTRAINT ck_refunds_books_what_is_of_a_claim"
            " CHECK (booked_on IS NULL OR claim_id IS NOT NULL)"
        )
    op.execute(
        "CREATE INDEX ix_remittance_exceptions_id ON remittance_exceptions (company_id, id)"
        " WHERE owed_cents > 0"
    )
    op.execute(
        "CREATE INDEX ix_refunds_exception_id ON refunds (company_id, exception_id)"
        " WHERE exception_id IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_refunds_payer_id_amount_cents ON refunds"
        " (company_id, payer_id, amount_cents) WHERE payer_id IS NOT NULL"
    )
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Refunds of what was returned go; what payers booked or took stands twice again."""
    with unforced(op.get_bind(), "refunds", "ledger_entries", "claims", "refund_takebacks"):
        op.execute(
            "UPDATE claims SET payer_refund_cents = payer_refund_cents + booked.cents,"
            " insurance_balance_cents = insurance_balance_cents + booked.cents"
            " FROM (SELECT company_id, claim_id, sum(amount_cents) AS cents FROM ledger_entries"
            " WHERE kind = 'payer_refund_booked' GROUP BY company_id, claim_id) AS booked"
            " WHERE booked.company_id = claims.company_id AND booked.claim_id = claims.id"
        )
        op.execute(
            "UPDATE refunds SET status = CASE WHEN EXISTS (SELECT FROM refund_takebacks AS taken"
            " WHERE taken.company_id = refunds.company_id AND taken.refund_id = refunds.id"
            " AND taken.kind = 'recalled' AND taken.status = 'settled')"
            " THEN 'cancelled' ELSE 'approved' END WHERE status = 'recouped'"
        )
        op.execute("DELETE FROM refund_takebacks")
        op.execute(
            "DELETE FROM ledger_entries WHERE kind IN ('payer_refund_booked', 'refund_recouped')"
            " OR (kind = 'refund_paid' AND source_id IN"
            " (SELECT id FROM refunds WHERE exception_id IS NOT NULL))"
        )
        op.execute("DELETE FROM refunds WHERE exception_id IS NOT NULL")
        op.execute(
            "ALTER TABLE refunds DROP exception_id, DROP paid_before_cents, DROP booked_on,"
            f" ALTER patient_id SET NOT NULL, DROP CONSTRAINT {_GOES_TO},"
            f" ADD CONSTRAINT {_GOES_TO} CHECK"
            " ((patient_payment_id IS NULL) = (claim_id IS NOT NULL AND payer_id IS NOT NULL)"
            " AND (claim_id IS NULL) = (payer_id IS NULL))"
        )
    op.execute("DROP TABLE refund_takebacks")
    op.execute("ALTER TABLE remittance_exceptions DROP owed_cents")
    _close("refunds", "status", _STATUSES_BEFORE)
    _close("ledger_entries", "kind", _KINDS_BEFORE)


def _close(table: str, column: str, words: str) -> None:
    name = f"ck_{table}_{column}_is_known"
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK ({column} IN ({words}))"
    )
