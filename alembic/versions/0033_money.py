"""Patients' payments, write-offs and refunds."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0033"
down_revision = "0018"

_TABLES = Path(__file__).with_suffix(".sql")
_KINDS_BEFORE = (
    "'charge', 'deposit', 'payment', 'write_off', 'patient_transfer', 'provider_adjustment',"
    " 'unapplied', 'return'"
)
_ACCOUNTS_BEFORE = (
    "'cash_expected', 'deposit_clearing', 'insurance_receivable', 'patient_receivable', 'revenue',"
    " 'write_off', 'provider_adjustment', 'unapplied_cash', 'refund_payable'"
)
_STEPS_BEFORE = (
    "'remittance_release', 'remittance_return', 'remittance_acceptance', 'legal_hold_release'"
)
_SUMS = (
    "patient_payment_cents",
    "patient_write_off_cents",
    "insurance_write_off_cents",
    "payer_refund_cents",
)


def upgrade() -> None:
    """A claim that is in credit already is so since the day of its last decision."""
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    with unforced(op.get_bind(), "claims"):
        op.execute(
            "UPDATE claims SET insurance_credit_since ="
            " coalesce(last_adjudicated_on, submitted_at::date, created_at::date)"
            " WHERE insurance_balance_cents < 0"
        )
        op.execute(
            "UPDATE claims SET patient_credit_since ="
            " coalesce(last_adjudicated_on, submitted_at::date, created_at::date)"
            " WHERE patient_balance_cents < 0"
        )


def downgrade() -> None:
    """The company's own movements go, and what they took off the balances is back on them."""
    decided = ("approvals", "approval_decisions", "approval_thresholds")
    with unforced(op.get_bind(), "claims", "ledger_entries", *decided):
        op.execute("ALTER TABLE claims DROP CONSTRAINT ck_claims_balances_add_up")
        op.execute(
            "UPDATE claims SET"
            " insurance_balance_cents = insurance_balance_cents + insurance_write_off_cents"
            " - payer_refund_cents,"
            " patient_balance_cents = patient_balance_cents + patient_payment_cents"
            " + patient_write_off_cents"
        )
        op.execute(f"DELETE FROM ledger_entries WHERE kind NOT IN ({_KINDS_BEFORE})")  # noqa: S608
        op.execute(
            "DELETE FROM approval_decisions USING approvals AS approval"
            " WHERE approval.company_id = approval_decisions.company_id"
            " AND approval.id = approval_decisions.approval_id"
            " AND approval.kind IN ('write_off', 'refund')"
        )
        op.execute("DELETE FROM approvals WHERE kind IN ('write_off', 'refund')")
        op.execute("DELETE FROM approval_thresholds WHERE kind IN ('write_off', 'refund')")
    for table in ("approvals", "approval_thresholds"):
        _replace_check(table, "kind", _STEPS_BEFORE)
    op.execute("ALTER TABLE ledger_entries DROP COLUMN source_id")
    _replace_check("ledger_entries", "kind", _KINDS_BEFORE)
    for column in ("debit_account", "credit_account"):
        _replace_check("ledger_entries", column, _ACCOUNTS_BEFORE)
    op.execute(
        "ALTER TABLE claims DROP COLUMN patient_credit_since, DROP COLUMN insurance_credit_since, "
        + ", ".join(f"DROP COLUMN {column}" for column in _SUMS)
    )
    op.execute(
        "ALTER TABLE claims ADD CONSTRAINT ck_claims_balances_add_up CHECK (submitted_at IS NULL"
        " OR insurance_balance_cents + patient_balance_cents"
        " = total_charge_cents - payment_cents - write_off_cents)"
    )
    for table in ("refunds", "write_offs", "patient_payments"):
        op.execute(f"DROP TABLE {table}")


def _replace_check(table: str, column: str, words: str) -> None:
    name = f"ck_{table}_{column}_is_known"
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK ({column} IN ({words}))"
    )
