"""Trading partners and files of claims."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0024"
down_revision = "0017"

_TABLES = Path(__file__).with_suffix(".sql")
_TOUCHED = ("outbox_messages", "outbox_attempts", "stored_files")
_EARLIER_FAILURES = (
    "'unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused',"
    " 'unreadable', 'host_refused', 'gone', 'disabled'"
)


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Files that were sent stay as attachments; what is on its way to drop folders goes."""
    for table in ("filed_claims", "payer_routes", "claim_files", "trading_partners"):
        op.execute(f"DROP TABLE {table}")
    with unforced(op.get_bind(), *_TOUCHED):
        op.execute(
            "DELETE FROM outbox_attempts USING outbox_messages AS message"
            " WHERE message.company_id = outbox_attempts.company_id"
            " AND message.id = outbox_attempts.message_id AND message.channel = 'drop_folder'"
        )
        op.execute("DELETE FROM outbox_messages WHERE channel = 'drop_folder'")
        op.execute(
            "UPDATE outbox_messages SET last_failure = 'disabled' WHERE last_failure = 'withdrawn'"
        )
        op.execute("UPDATE outbox_attempts SET failure = 'disabled' WHERE failure = 'withdrawn'")
        op.execute(
            "UPDATE stored_files SET purpose = 'attachment'"
            " WHERE purpose IN ('claim_file', 'acknowledgement')"
        )
        op.execute(
            "ALTER TABLE stored_files DROP CONSTRAINT ck_stored_files_purpose_is_known,"
            " ADD CONSTRAINT ck_stored_files_purpose_is_known"
            " CHECK (purpose IN ('attachment', 'remittance'))"
        )
        op.execute(
            "ALTER TABLE outbox_messages DROP CONSTRAINT ck_outbox_messages_channel_is_known,"
            " DROP CONSTRAINT ck_outbox_messages_last_failure_is_known,"
            " ADD CONSTRAINT ck_outbox_messages_channel_is_known"
            " CHECK (channel IN ('email', 'webhook', 'mailbox')),"
            " ADD CONSTRAINT ck_outbox_messages_last_failure_is_known"
            f" CHECK (last_failure IN ({_EARLIER_FAILURES}))"
        )
        op.execute(
            "ALTER TABLE outbox_attempts DROP CONSTRAINT ck_outbox_attempts_failure_is_known,"
            " ADD CONSTRAINT ck_outbox_attempts_failure_is_known"
            f" CHECK (failure IN ({_EARLIER_FAILURES}))"
        )
