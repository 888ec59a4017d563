"""What somebody disclosed is found for their timeline."""

from alembic import op

revision = "0021"
down_revision = "0034"
expands = True

_TABLES = ("accountings", "disclosures")


def upgrade() -> None:
    for table in _TABLES:
        op.execute(
            f"CREATE INDEX ix_{table}_recorded_by_id ON {table} (company_id, recorded_by, id)"
        )


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP INDEX ix_{table}_recorded_by_id")
