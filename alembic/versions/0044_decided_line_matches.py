"""People match decided lines that fit no line of the claim."""

from pathlib import Path

from alembic import op

revision = "0044"
down_revision = "0054"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )


def downgrade() -> None:
    op.execute("DROP TABLE decided_line_matches")
