"""Who stands on claims: providers, facilities, coverages, and patients' sex and address."""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0030"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    op.execute("ALTER TABLE payers ADD COLUMN electronic_identifier TEXT, ADD COLUMN address JSONB")
    op.execute(
        "ALTER TABLE patients ADD COLUMN sex TEXT, ADD COLUMN address JSONB,"
        " ADD CONSTRAINT ck_patients_sex_is_known CHECK (sex IN ('F', 'M', 'U'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE patients DROP COLUMN address, DROP COLUMN sex")
    op.execute("ALTER TABLE payers DROP COLUMN address, DROP COLUMN electronic_identifier")
    for table in ("coverages", "facilities", "care_providers"):
        op.execute(f"DROP TABLE {table}")
