"""Lines name the drug that was given, and who ordered the service or referred for it."""

from alembic import op

revision = "0060"
down_revision = "0058"
expands = True


def upgrade() -> None:
    op.execute(
        "ALTER TABLE claim_lines ADD referring_provider_id text, ADD ordering_provider_id text,"
        " ADD drug jsonb"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE claim_lines DROP drug, DROP ordering_provider_id, DROP referring_provider_id"
    )
