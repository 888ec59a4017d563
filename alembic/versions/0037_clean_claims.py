"""Whether a claim passed every rule at first, and contractual write-offs that people made."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0037"
down_revision = "0039"

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
    "scrub_runs",
    "write_offs",
)


def upgrade() -> None:
    columns, backfill = _CHANGES.read_text("utf-8").split("-- facts and sums anew\n")
    _run(columns)
    with unforced(op.get_bind(), *_READ):
        _run(backfill)


def downgrade() -> None:
    """What the earlier program does not count goes; it counts contractual write-offs that people
    made as before."""
    with unforced(op.get_bind(), "figure_sums"):
        op.execute(
            "DELETE FROM figure_sums WHERE measure IN ('scrubbed', 'clean', 'never_scrubbed')"
        )
    op.execute("ALTER TABLE claim_facts DROP COLUMN is_clean, DROP COLUMN first_scrubbed_on")


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
