"""Acknowledgements."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0025"
down_revision = "0021"

_TABLES = Path(__file__).with_suffix(".sql")
_COLUMNS = Path(__file__).with_name(f"{revision}_acknowledgements_columns.sql")


def upgrade() -> None:
    _run(_TABLES)
    with unforced(op.get_bind(), "claim_acknowledgements", "acknowledgement_files"):
        _run(_COLUMNS)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE claim_acknowledgements DROP COLUMN acknowledgement_file_id,"
        " DROP COLUMN status_codes"
    )
    op.execute("ALTER TABLE filed_claims DROP COLUMN responsibility, DROP COLUMN submits_claim")
    for table in ("picked_up_files", "waiting_acknowledgements", "acknowledgement_files"):
        op.execute(f"DROP TABLE {table}")


def _run(script: Path) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    text = script.read_text("utf-8")
    op.get_bind().exec_driver_sql(text, execution_options={"no_parameters": True})
