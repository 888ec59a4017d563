"""Records that come from another installation, and what becomes of each."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0058"
down_revision = "0045"

_TABLES = Path(__file__).with_suffix(".sql")
_KNOWN_BEFORE = (
    "'attachment', 'remittance', 'claim_file', 'acknowledgement', 'roots', 'appeal_packet',"
    " 'statement'"
)


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """The imported files go with them: the schema before knows no such purpose."""
    for table in ("import_files", "import_records", "import_maps", "data_imports"):
        op.execute(f"DROP TABLE {table}")
    with unforced(op.get_bind(), "stored_files"):
        op.execute("DELETE FROM stored_files WHERE purpose = 'import'")
        op.execute(
            "ALTER TABLE stored_files DROP CONSTRAINT ck_stored_files_purpose_is_known,"
            " ADD CONSTRAINT ck_stored_files_purpose_is_known"
            f" CHECK (purpose IN ({_KNOWN_BEFORE}))"
        )
