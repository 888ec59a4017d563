"""A row for every kept file; remittances name theirs."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0007"
down_revision = "0006"

_TABLES = Path(__file__).with_suffix(".sql")

_ONE_FOR_EACH_REMITTANCE = """
INSERT INTO stored_files (company_id, id, version, created_at, created_by, updated_at, updated_by,
                          purpose, name, media_type, byte_count, sha256, object_key,
                          data_key_number, retain_until)
SELECT r.company_id, r.id, 1, r.created_at, r.created_by, r.created_at, r.created_by,
       'remittance', r.file_name, 'application/edi-x12', r.byte_count, r.sha256, r.file_key, 0,
       ((r.created_at AT TIME ZONE c.time_zone) + make_interval(years => c.retention_years))::date
FROM remittances AS r JOIN companies AS c ON c.company_id = r.company_id
"""


def upgrade() -> None:
    """The file of an earlier remittance has its id, and is sealed under the master key."""
    connection = op.get_bind()
    connection.exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )
    op.execute("ALTER TABLE remittances ADD file_id uuid")
    with unforced(connection, "remittances", "stored_files", "companies"):
        op.execute(_ONE_FOR_EACH_REMITTANCE)
        op.execute("UPDATE remittances SET file_id = id")
        op.execute(
            "ALTER TABLE remittances ALTER file_id SET NOT NULL, DROP file_key,"
            " ADD CONSTRAINT fk_remittances_file_id"
            " FOREIGN KEY (company_id, file_id) REFERENCES stored_files (company_id, id),"
            " ADD CONSTRAINT uq_remittances_file_id UNIQUE (company_id, file_id)"
        )


def downgrade() -> None:
    """Files that were kept since then are there; the program of before cannot open them."""
    op.execute("ALTER TABLE remittances ADD file_key text")
    with unforced(op.get_bind(), "remittances", "stored_files"):
        op.execute(
            "UPDATE remittances SET file_key = object_key FROM stored_files"
            " WHERE stored_files.company_id = remittances.company_id"
            " AND stored_files.id = remittances.file_id"
        )
        op.execute("ALTER TABLE remittances ALTER file_key SET NOT NULL, DROP file_id")
    op.execute("DROP TABLE stored_files")
