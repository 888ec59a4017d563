"""What another system had reported under MIPS, as it says."""

from pathlib import Path

from alembic import op

revision = "0066"
down_revision = "0069"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    op.execute("DROP TABLE mips_prior_submissions")
