"""Second factors of people, tokens that serve once, and when a session was last proven.

Not one that expands: a program of before asks nobody for a second factor.
"""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    op.execute("ALTER TABLE people ADD second_factor_since timestamptz")
    op.execute("ALTER TABLE person_sessions ADD proven_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE person_sessions DROP proven_at")
    op.execute("ALTER TABLE people DROP second_factor_since")
    op.execute("DROP TABLE second_factors")
    op.execute("DROP TABLE one_time_tokens")
