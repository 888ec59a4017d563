"""Corrected and void claims: what they replace, and whose ledger holds the charge."""

from alembic import op
from storage.migrations import unforced

revision = "0048"
down_revision = "0037"

_REST = (
    " - payment_cents - write_off_cents - patient_payment_cents"
    " - patient_write_off_cents - insurance_write_off_cents + payer_refund_cents"
)
_BALANCES = "submitted_at IS NULL OR insurance_balance_cents + patient_balance_cents = {charge}"
_BOOKED = "CASE WHEN is_replaced OR frequency = '8' THEN 0 ELSE total_charge_cents END"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE claims ADD frequency text NOT NULL DEFAULT '1',"
        " ADD replaces_id uuid, ADD is_replaced boolean NOT NULL DEFAULT false"
    )
    with unforced(op.get_bind(), "claims"):
        op.execute(
            "ALTER TABLE claims ALTER frequency DROP DEFAULT, ALTER is_replaced DROP DEFAULT,"
            " ADD CONSTRAINT fk_claims_replaces_id FOREIGN KEY (company_id, replaces_id)"
            " REFERENCES claims (company_id, id),"
            " ADD CONSTRAINT ck_claims_frequency_is_known CHECK (frequency IN ('1', '7', '8')),"
            " ADD CONSTRAINT ck_claims_replaces_what_it_names"
            " CHECK ((frequency = '1') = (replaces_id IS NULL)),"
            " DROP CONSTRAINT ck_claims_balances_add_up,"
            " ADD CONSTRAINT ck_claims_balances_add_up"
            f" CHECK ({_BALANCES.format(charge=_BOOKED)}{_REST})"
        )
    op.execute(
        "CREATE INDEX ix_claims_replaces_id ON claims (company_id, replaces_id)"
        " WHERE replaces_id IS NOT NULL"
    )


def downgrade() -> None:
    """The schema before cannot hold a claim whose charge another one carries: where there is one,
    its check refuses, and nothing is changed."""
    with unforced(op.get_bind(), "claims"):
        op.execute(
            "ALTER TABLE claims DROP CONSTRAINT ck_claims_balances_add_up,"
            " ADD CONSTRAINT ck_claims_balances_add_up"
            f" CHECK ({_BALANCES.format(charge='total_charge_cents')}{_REST}),"
            " DROP COLUMN is_replaced, DROP COLUMN replaces_id, DROP COLUMN frequency"
        )
