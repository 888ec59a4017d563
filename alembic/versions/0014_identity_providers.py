"""Identity providers that companies bring.

Not one that expands: a program of before takes a password where a company's provider is required.
"""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )


def downgrade() -> None:
    op.execute("DROP TABLE person_identities")
    op.execute("DROP TABLE identity_providers")
