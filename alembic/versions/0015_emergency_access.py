"""Emergency access: what was taken, what was read with it, and who looked at it afterwards."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )
    op.execute(
        "ALTER TABLE companies ADD emergency_access_minutes integer DEFAULT 60"
        " CONSTRAINT ck_companies_emergencies_are_short"
        " CHECK (emergency_access_minutes BETWEEN 15 AND 240)"
    )
    op.execute("ALTER TABLE companies ALTER emergency_access_minutes DROP DEFAULT")
    op.execute(
        "ALTER TABLE person_sessions ADD emergency_access_id uuid, ADD emergency_until timestamptz"
    )
    op.execute("ALTER TABLE api_log ADD emergency_access_id uuid")
    op.execute(
        "CREATE INDEX ix_api_log_emergency_access_id_id"
        " ON api_log (company_id, emergency_access_id, id) WHERE emergency_access_id IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE api_log DROP emergency_access_id")
    op.execute("ALTER TABLE person_sessions DROP emergency_access_id, DROP emergency_until")
    op.execute("ALTER TABLE companies DROP emergency_access_minutes")
    op.execute("DROP TABLE emergency_reviews")
    op.execute("DROP TABLE emergency_accesses")
