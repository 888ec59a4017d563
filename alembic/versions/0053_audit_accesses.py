"""Accepted risks, auditors from outside, and telling people of corrective actions."""

from pathlib import Path

from alembic import op
from storage.migrations import admit_words, forget_words, unforced

revision = "0053"
down_revision = "0059"

_TABLES = Path(__file__).with_suffix(".sql")
_DOWN = Path(__file__).with_name("0053_audit_accesses_down.sql")
_KINDS = (
    "corrective_action_assigned",
    "corrective_action_due",
    "corrective_action_escalated",
    "finding_acceptance_ends",
)
_WORDS = (
    ("approvals", "kind", ("finding_acceptance",)),
    ("approval_thresholds", "kind", ("finding_acceptance",)),
    ("notifications", "kind", _KINDS),
    ("notification_preferences", "kind", _KINDS),
    (
        "reminders",
        "subject",
        ("corrective_action", "corrective_action_effect", "finding_acceptance"),
    ),
    ("events", "type", ("corrective_action.escalated",)),
    ("people", "role", ("external_auditor",)),
    ("policy_members", "role", ("external_auditor",)),
    ("identity_providers", "new_role", ("external_auditor",)),
)


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    for table, column, words in _WORDS:
        admit_words(op.get_bind(), table, column, words)


def downgrade() -> None:
    """What was asked for and told goes, and auditors from outside can sign in no more: the schema
    before knows no such words."""
    connection = op.get_bind()
    for table in ("audit_accesses", "finding_acceptances"):
        op.execute(f"DROP TABLE {table}")
    with unforced(
        connection,
        *dict.fromkeys(table for table, _, _ in _WORDS),
        "approval_decisions",
        "outbox_messages",
        "outbox_attempts",
    ):
        script = _DOWN.read_text("utf-8")
        connection.exec_driver_sql(script, execution_options={"no_parameters": True})
    for table, column, words in _WORDS:
        forget_words(connection, table, column, words)
