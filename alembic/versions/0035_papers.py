"""Remittances on paper, and statements to patients."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0035"
down_revision = "0031"

_TABLES = Path(__file__).with_suffix(".sql")
_KNOWN_BEFORE = (
    "'attachment', 'remittance', 'claim_file', 'acknowledgement', 'roots', 'appeal_packet'"
)


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """The statements' files go with them: the schema before knows no such purpose."""
    for table in ("manual_remittances", "patient_statements"):
        op.execute(f"DROP TABLE {table}")
    with unforced(op.get_bind(), "stored_files"):
        op.execute("DELETE FROM stored_files WHERE purpose = 'statement'")
        op.execute(
            "ALTER TABLE stored_files DROP CONSTRAINT ck_stored_files_purpose_is_known,"
            " ADD CONSTRAINT ck_stored_files_purpose_is_known"
            f" CHECK (purpose IN ({_KNOWN_BEFORE}))"
        )
