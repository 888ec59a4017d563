"""What working a denial costs a company, where it says so; without that the default holds."""

from alembic import op

revision = "0061"
down_revision = "0046"
expands = True


def upgrade() -> None:
    op.execute(
        "ALTER TABLE companies ADD correction_cost_cents bigint, ADD appeal_cost_cents bigint,"
        " ADD CONSTRAINT ck_companies_correction_cost_is_an_amount"
        " CHECK (correction_cost_cents BETWEEN 0 AND 10000000),"
        " ADD CONSTRAINT ck_companies_appeal_cost_is_an_amount"
        " CHECK (appeal_cost_cents BETWEEN 0 AND 10000000)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE companies DROP appeal_cost_cents, DROP correction_cost_cents")
