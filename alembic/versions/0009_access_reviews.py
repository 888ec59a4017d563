"""Reviews of who can do what."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )


def downgrade() -> None:
    op.execute("DROP TABLE access_reviews")
