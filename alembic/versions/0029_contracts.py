"""Contracts with payers."""

from pathlib import Path

from alembic import op

revision = "0029"
down_revision = "0048"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    for table in (
        "underpayment_notes",
        "underpayments",
        "payment_variances",
        "contract_terms",
        "payer_contracts",
    ):
        op.execute(f"DROP TABLE {table}")
