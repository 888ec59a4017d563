"""Webhooks."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0013"
down_revision = "0012"

_TABLES = Path(__file__).with_suffix(".sql")
_MESSAGES = Path(__file__).with_name(f"{revision}_webhooks_messages.sql")
_TOUCHED = ("outbox_messages", "outbox_attempts", "webhook_endpoints", "events")

_EARLIER_FAILURES = (
    "'unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused',"
    " 'unreadable'"
)


def upgrade() -> None:
    _run(_TABLES.read_text("utf-8"))
    with unforced(op.get_bind(), *_TOUCHED):
        _run(_MESSAGES.read_text("utf-8"))


def downgrade() -> None:
    """What went by webhook goes with it: the schema before knows no such channel."""
    with unforced(op.get_bind(), *_TOUCHED):
        op.execute(
            "DELETE FROM outbox_attempts USING outbox_messages AS message"
            " WHERE message.company_id = outbox_attempts.company_id"
            " AND message.id = outbox_attempts.message_id AND message.channel = 'webhook'"
        )
        op.execute("DELETE FROM outbox_messages WHERE channel = 'webhook'")
        op.execute(
            "UPDATE outbox_messages SET last_failure = 'refused'"  # noqa: S608 -- constants of ours
            f" WHERE last_failure NOT IN ({_EARLIER_FAILURES})"
        )
        op.execute(
            "UPDATE outbox_attempts SET failure = 'refused'"  # noqa: S608 -- constants of ours
            f" WHERE failure NOT IN ({_EARLIER_FAILURES})"
        )
        op.execute("DROP INDEX ix_outbox_messages_endpoint_id_id")
        op.execute("ALTER TABLE outbox_messages DROP endpoint_id CASCADE, DROP event_id CASCADE")
        op.execute(
            "ALTER TABLE outbox_messages"
            " DROP CONSTRAINT ck_outbox_messages_channel_is_known,"
            " DROP CONSTRAINT ck_outbox_messages_last_failure_is_known,"
            " ADD CONSTRAINT ck_outbox_messages_channel_is_known CHECK (channel IN ('email')),"
            " ADD CONSTRAINT ck_outbox_messages_last_failure_is_known"
            f" CHECK (last_failure IN ({_EARLIER_FAILURES}))"
        )
        op.execute(
            "ALTER TABLE outbox_attempts DROP CONSTRAINT ck_outbox_attempts_failure_is_known,"
            " ADD CONSTRAINT ck_outbox_attempts_failure_is_known"
            f" CHECK (failure IN ({_EARLIER_FAILURES}))"
        )
    for table in ("webhook_endpoints", "events"):
        op.execute(f"DROP TABLE {table}")


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
