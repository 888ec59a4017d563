"""Runs of statements, and until when payments below a contract can be disputed."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0046"
down_revision = "0053"

_TABLES = Path(__file__).with_suffix(".sql")
_PURPOSES_BEFORE = (
    "'attachment', 'remittance', 'claim_file', 'acknowledgement', 'roots', 'appeal_packet',"
    " 'statement', 'import'"
)
_DAYS = 60
_SOURCE = "own cautious default, for what was found before deadlines were kept"


def upgrade() -> None:
    """What was found before has a cautious deadline that asks to be confirmed."""
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    _close(f"{_PURPOSES_BEFORE}, 'statement_run'")
    with unforced(op.get_bind(), "companies", "payer_contracts", "underpayments"):
        op.execute(
            "ALTER TABLE companies ADD statement_minimum_cents bigint NOT NULL DEFAULT 0,"
            " ADD statement_quiet_days integer NOT NULL DEFAULT 28,"
            " ADD CONSTRAINT ck_companies_statements_have_a_minimum"
            " CHECK (statement_minimum_cents BETWEEN 0 AND 1000000),"
            " ADD CONSTRAINT ck_companies_patients_are_left_in_quiet"
            " CHECK (statement_quiet_days BETWEEN 0 AND 366)"
        )
        op.execute(
            "ALTER TABLE companies ALTER statement_minimum_cents DROP DEFAULT,"
            " ALTER statement_quiet_days DROP DEFAULT"
        )
        op.execute(
            "ALTER TABLE payer_contracts ADD dispute_days integer, ADD dispute_source text,"
            " ADD CONSTRAINT ck_payer_contracts_dispute_days_have_a_source"
            " CHECK ((dispute_days > 0) = (dispute_source IS NOT NULL))"
        )
        op.execute(
            "ALTER TABLE underpayments ADD deadline_started_on date, ADD due_on date,"
            " ADD due_is_verified boolean NOT NULL DEFAULT false, ADD due_source text"
        )
        op.execute(
            "UPDATE underpayments SET deadline_started_on = found_on,"  # noqa: S608 -- constants
            f" due_on = found_on + {_DAYS}, due_source = '{_SOURCE}'"
        )
        op.execute(
            "ALTER TABLE underpayments ALTER deadline_started_on SET NOT NULL,"
            " ALTER due_on SET NOT NULL, ALTER due_source SET NOT NULL,"
            " ALTER due_is_verified DROP DEFAULT"
        )
    op.execute(
        "CREATE INDEX ix_underpayments_status_due_on_id ON underpayments"
        " (company_id, status, due_on, id)"
    )
    op.execute(
        "CREATE INDEX ix_claims_patient_id_patient_balance_cents ON claims"
        " (company_id, patient_id, patient_balance_cents) WHERE patient_balance_cents > 0"
    )


def downgrade() -> None:
    """Documents of runs stay, as attachments: what they are is in their name."""
    op.execute("DROP TABLE statement_run_items")
    op.execute("DROP TABLE statement_runs")
    op.execute("DROP INDEX ix_claims_patient_id_patient_balance_cents")
    op.execute(
        "ALTER TABLE underpayments DROP deadline_started_on, DROP due_on, DROP due_is_verified,"
        " DROP due_source"
    )
    op.execute("ALTER TABLE payer_contracts DROP dispute_days, DROP dispute_source")
    op.execute("ALTER TABLE companies DROP statement_minimum_cents, DROP statement_quiet_days")
    with unforced(op.get_bind(), "stored_files"):
        op.execute("UPDATE stored_files SET purpose = 'attachment' WHERE purpose = 'statement_run'")
    _close(_PURPOSES_BEFORE)


def _close(purposes: str) -> None:
    name = "ck_stored_files_purpose_is_known"
    op.execute(
        f"ALTER TABLE stored_files DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK (purpose IN ({purposes}))"
    )
