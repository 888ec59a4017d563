"""Mailboxes."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0017"
down_revision = "0016"

_TABLES = Path(__file__).with_suffix(".sql")
_KNOWN_BEFORE = "channel IN ('email', 'webhook')"


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """What went to mailboxes goes with them: the schema before knows no such channel."""
    for table in ("mailbox_files", "mailboxes"):
        op.execute(f"DROP TABLE {table}")
    with unforced(op.get_bind(), "outbox_messages", "outbox_attempts"):
        op.execute(
            "DELETE FROM outbox_attempts USING outbox_messages AS message"
            " WHERE message.company_id = outbox_attempts.company_id"
            " AND message.id = outbox_attempts.message_id AND message.channel = 'mailbox'"
        )
        op.execute("DELETE FROM outbox_messages WHERE channel = 'mailbox'")
        op.execute(
            "ALTER TABLE outbox_messages DROP CONSTRAINT ck_outbox_messages_channel_is_known,"
            f" ADD CONSTRAINT ck_outbox_messages_channel_is_known CHECK ({_KNOWN_BEFORE})"
        )
