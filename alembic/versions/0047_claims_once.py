"""A claim and those that replaced it count as one in figures; checks of figures are kept."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0047"
down_revision = "0043"

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
    tables, backfill = _CHANGES.read_text("utf-8").split("-- facts and sums anew\n")
    _run(tables)
    with unforced(op.get_bind(), *_READ):
        _run(backfill)


def downgrade() -> None:
    """The facts stay as this program has them: the earlier one's ``/figures/check`` names those
    that it computes otherwise, until their claims are written again."""
    op.execute("DROP TABLE figure_checks")
    op.execute(
        "ALTER TABLE claim_facts DROP COLUMN is_counted, DROP COLUMN is_settled,"
        " DROP COLUMN booked_cents"
    )


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
