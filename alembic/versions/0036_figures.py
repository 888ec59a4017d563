"""Facts of claims and their sums by month, and what companies enter for their figures."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0036"
down_revision = "0020"

_CHANGES = Path(__file__).with_suffix(".sql")
_READ = (
    "adjudications",
    "claim_acknowledgements",
    "claim_facts",
    "claim_transmissions",
    "claims",
    "companies",
    "denials",
    "figure_sums",
    "ledger_entries",
)


def upgrade() -> None:
    tables, backfill = _CHANGES.read_text("utf-8").split("-- facts of the claims that are there\n")
    _run(tables)
    with unforced(op.get_bind(), *_READ):
        _run(backfill)


def downgrade() -> None:
    op.execute("DROP INDEX ix_ledger_entries_effective_on")
    op.execute("DROP INDEX ix_adjudications_effective_on")
    for table in ("figure_inputs", "figure_sums", "claim_facts"):
        op.execute(f"DROP TABLE {table}")


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
