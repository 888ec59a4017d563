"""People are told of answers that have not come."""

from alembic import op
from storage.migrations import unforced

revision = "0041"
down_revision = "0035"

_WORDS = (
    ("notifications", "kind", "answer_overdue"),
    ("notification_preferences", "kind", "answer_overdue"),
    ("reminders", "subject", "claim_acknowledgement"),
    ("reminders", "subject", "functional_acknowledgement"),
    ("reminders", "subject", "payer_remittance"),
)
_KINDS = (
    "'access_review_due', 'answer_overdue', 'approval_decided', 'approval_expired',"
    " 'approval_requested', 'emergency_review_due', 'endpoint_disabled', 'remittance_processed',"
    " 'roots_late'"
)
_KINDS_BEFORE = _KINDS.replace(" 'answer_overdue',", "")
_SUBJECTS = (
    "'access_review', 'claim_acknowledgement', 'emergency_review', 'functional_acknowledgement',"
    " 'payer_remittance', 'roots'"
)
_SUBJECTS_BEFORE = "'access_review', 'emergency_review', 'roots'"


def upgrade() -> None:
    _close(_KINDS, _SUBJECTS)


def downgrade() -> None:
    """What people were told of such answers goes: the schema before knows no such word."""
    with unforced(op.get_bind(), "notifications", "notification_preferences", "reminders"):
        for table, column, word in _WORDS:
            op.execute(f"DELETE FROM {table} WHERE {column} = '{word}'")  # noqa: S608
    _close(_KINDS_BEFORE, _SUBJECTS_BEFORE)


def _close(kinds: str, subjects: str) -> None:
    for table, column, words in (
        ("notifications", "kind", kinds),
        ("notification_preferences", "kind", kinds),
        ("reminders", "subject", subjects),
    ):
        name = f"ck_{table}_{column}_is_known"
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name},"
            f" ADD CONSTRAINT {name} CHECK ({column} IN ({words}))"
        )
