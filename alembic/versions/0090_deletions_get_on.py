"""When a deletion last got on and what keeps it, and indexes for rows that name others of their
own table: to delete one of those asks for all that name it."""

from pathlib import Path

from alembic import op

revision = "0090"
down_revision = "0080"
expands = True

_SCRIPT = Path(__file__).with_suffix(".sql")
_INDEXES = (
    ("adjudications", "reverses_id"),
    ("compliance_attestations", "supersedes_id"),
    ("corrective_actions", "follows_id"),
    ("data_imports", "retries_id"),
    ("remittance_transactions", "duplicate_of_id"),
)


def upgrade() -> None:
    script = _SCRIPT.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    for table, column in _INDEXES:
        op.execute(
            f"CREATE INDEX ix_{table}_{column} ON {table} (company_id, {column})"
            f" WHERE {column} IS NOT NULL"
        )


def downgrade() -> None:
    for table, column in _INDEXES:
        op.execute(f"DROP INDEX ix_{table}_{column}")
    op.execute("DROP FUNCTION deletions_idle_since()")
    op.execute("ALTER TABLE company_deletions DROP COLUMN got_on_at, DROP COLUMN obstacle")
