"""Reminders of denials and underpayments whose deadline comes near."""

from alembic import op
from storage.migrations import admit_words, forget_words, unforced

revision = "0073"
down_revision = "0068"

_KINDS = ("denial_due", "underpayment_due")
_WORDS = (
    ("notifications", "kind", _KINDS),
    ("notification_preferences", "kind", _KINDS),
    ("reminders", "subject", ("denial", "underpayment")),
)


def upgrade() -> None:
    for table, column, words in _WORDS:
        admit_words(op.get_bind(), table, column, words)


def downgrade() -> None:
    """What people were told of it goes: the schema before knows no such words."""
    connection = op.get_bind()
    with unforced(connection, *(table for table, _, _ in _WORDS)):
        for table, column, words in _WORDS:
            listed = ", ".join(f"'{word}'" for word in words)
            op.execute(f"DELETE FROM {table} WHERE {column} IN ({listed})")  # noqa: S608
    for table, column, words in _WORDS:
        forget_words(connection, table, column, words)
