"""What claims and their lines say beside parties: facts of their kind, revenue codes, periods."""

from alembic import op

revision = "0023"
down_revision = "0025"


def upgrade() -> None:
    op.execute("ALTER TABLE claims ADD COLUMN professional JSONB, ADD COLUMN institutional JSONB")
    op.execute(
        "ALTER TABLE claim_lines ADD COLUMN service_until DATE, ADD COLUMN revenue_code TEXT,"
        " ADD COLUMN unit TEXT NOT NULL DEFAULT 'UN',"
        " ADD CONSTRAINT ck_claim_lines_unit_is_known CHECK (unit IN ('UN', 'MJ', 'DA')),"
        " ADD CONSTRAINT ck_claim_lines_ends_after_it_begins"
        " CHECK (service_until >= service_date)"
    )
    op.execute("ALTER TABLE claim_lines ALTER unit DROP DEFAULT")


def downgrade() -> None:
    op.execute(
        "ALTER TABLE claim_lines DROP COLUMN unit, DROP COLUMN revenue_code,"
        " DROP COLUMN service_until"
    )
    op.execute("ALTER TABLE claims DROP COLUMN institutional, DROP COLUMN professional")
