"""Disclosures of patients' data, and the accountings of them."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )


def downgrade() -> None:
    op.execute("DROP TABLE accountings")
    op.execute("DROP TABLE disclosures")
