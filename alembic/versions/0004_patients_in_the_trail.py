"""Whom a change is about, and which record a request named, as columns of the logs.

Not one that expands: what a program of before writes into the trail names no patient, for ever.
"""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0004"
down_revision = "0003"

_CHANGES = Path(__file__).with_suffix(".sql")
_READ = (
    "audit_log",
    "claim_appeals",
    "claim_lines",
    "claims",
    "denials",
    "remittance_exceptions",
)


def upgrade() -> None:
    columns, backfill = _CHANGES.read_text("utf-8").split("-- whom earlier changes were about\n")
    _run(columns)
    with unforced(op.get_bind(), *_READ):
        _run(backfill)


def downgrade() -> None:
    op.execute("ALTER TABLE audit_log DROP COLUMN former_patient_id, DROP COLUMN patient_id")
    op.execute("DROP INDEX ix_audit_log_recorded_by_id")
    op.execute("ALTER TABLE api_log DROP COLUMN record_id")


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
