"""Proofs at a provider, and second factors of a provider that a company accepts."""

from alembic import op

revision = "0018"
down_revision = "0027"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE person_sessions ADD vouched_at timestamptz,"
        " ADD has_provider_factor boolean NOT NULL DEFAULT false"
    )
    op.execute("ALTER TABLE person_sessions ALTER has_provider_factor DROP DEFAULT")
    op.execute(
        "ALTER TABLE identity_providers"
        " ADD second_factor_contexts text[] NOT NULL DEFAULT '{}',"
        " ADD second_factor_methods text[] NOT NULL DEFAULT '{}'"
    )
    op.execute(
        "ALTER TABLE identity_providers ALTER second_factor_contexts DROP DEFAULT,"
        " ALTER second_factor_methods DROP DEFAULT"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE person_sessions DROP vouched_at, DROP has_provider_factor")
    op.execute(
        "ALTER TABLE identity_providers DROP second_factor_contexts, DROP second_factor_methods"
    )
