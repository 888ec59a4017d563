"""Where requirements stand is asked of the few signatures that speak against an attestation: they
have an index of their own."""

from alembic import op

revision = "0084"
down_revision = "0091"
expands = True


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_compliance_signatures_requirement_id ON compliance_signatures"
        " (company_id, requirement_id) WHERE kind IN ('revoked', 'disputed', 'upheld')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_compliance_signatures_requirement_id")
