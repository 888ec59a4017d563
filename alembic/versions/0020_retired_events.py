"""Events are asked for the messages that told of them, before retention removes them."""

from alembic import op

revision = "0020"
down_revision = "0022"
expands = True


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_outbox_messages_event_id ON outbox_messages (company_id, event_id)"
        " WHERE event_id IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_outbox_messages_event_id")
