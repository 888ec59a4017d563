"""Lines of the bank, and what they are matched to."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0034"
down_revision = "0028"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Everything that was posted before is still expected at the bank."""
    tables, backfill = _TABLES.read_text("utf-8").split("-- what was posted before\n")
    _run(tables)
    with unforced(op.get_bind(), "cash_items", "remittance_transactions"):
        _run(backfill)


def downgrade() -> None:
    """What the bank has shown is cash expected again."""
    with unforced(op.get_bind(), "ledger_entries"):
        op.execute("DELETE FROM ledger_entries WHERE kind = 'banked'")
    op.execute("DROP TABLE cash_items")
    op.execute("DROP TABLE bank_lines")


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
