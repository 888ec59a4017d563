"""Policies, their versions, approvals, reviews and acknowledgements."""

import re
from pathlib import Path

import sqlalchemy as sa

from alembic import op
from storage.migrations import unforced

revision = "0054"
down_revision = "0047"

_TABLES = Path(__file__).with_suffix(".sql")
_WORDS = (
    ("approvals", "kind", "policy_approval"),
    ("approval_thresholds", "kind", "policy_approval"),
    ("notifications", "kind", "policy_acknowledgement_due"),
    ("notifications", "kind", "policy_review_due"),
    ("notification_preferences", "kind", "policy_acknowledgement_due"),
    ("notification_preferences", "kind", "policy_review_due"),
    ("reminders", "subject", "policy_acknowledgement"),
    ("reminders", "subject", "policy_review"),
)


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    for table, column, word in _WORDS:
        _change_words(table, column, more=word)


def downgrade() -> None:
    """What was asked and told of policies goes with them: the schema before knows no such word."""
    for table in (
        "policy_acknowledgements",
        "policy_approvals",
        "policy_versions",
        "policy_texts",
        "policy_reviews",
        "policy_members",
        "policy_requirements",
        "policies",
    ):
        op.execute(f"DROP TABLE {table}")
    with unforced(op.get_bind(), *{table for table, _, _ in _WORDS}, "approval_decisions"):
        op.execute(
            "DELETE FROM approval_decisions USING approvals AS approval"
            " WHERE approval.company_id = approval_decisions.company_id"
            " AND approval.id = approval_decisions.approval_id"
            " AND approval.kind = 'policy_approval'"
        )
        for table, column, word in _WORDS:
            op.execute(f"DELETE FROM {table} WHERE {column} = '{word}'")  # noqa: S608
    for table, column, word in _WORDS:
        _change_words(table, column, fewer=word)


def _change_words(table: str, column: str, *, more: str = "", fewer: str = "") -> None:
    """Open a vocabulary for a word or close it to one, whatever else stands in it."""
    name = f"ck_{table}_{column}_is_known"
    definition = op.get_bind().execute(
        sa.text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = :name AND conrelid = CAST(:table AS regclass)"
        ),
        {"name": name, "table": table},
    )
    words = dict.fromkeys([*re.findall(r"'(\w+)'", definition.scalar_one()), more])
    listed = ", ".join(f"'{word}'" for word in words if word not in ("", fewer))
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))"
    )
